from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.plan.data_version import DataVersion, is_data_version, make_data_version, next_data_version

TIMES = st.datetimes(min_value=datetime(1000, 1, 1), max_value=datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  hypothesis adds the zone


def test_a_version_is_a_time_in_utc_to_the_millisecond_as_kedro_writes_it():
    tokyo = timezone(timedelta(hours=9))
    assert make_data_version(datetime(2026, 11, 23, 1, 15, 7, 123_999, tokyo)) == "2026-11-22T16.15.07.123Z"


@given(TIMES, TIMES)
def test_versions_sort_as_their_times_and_the_next_one_is_above(one, other):
    earlier, later = sorted([one, other])
    first, second = make_data_version(earlier), make_data_version(later)
    assert first <= second
    assert first < next_data_version(first)
    assert all(map(is_data_version, (first, second, next_data_version(first))))


def test_the_next_version_is_a_millisecond_later():
    assert next_data_version(DataVersion("2026-12-31T23.59.59.999Z")) == "2027-01-01T00.00.00.000Z"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "run-x",
        "2026-11-22T16:15:07.123Z",
        "2026-11-22T16.15.07.123",
        "2026-13-22T16.15.07.123Z",
        "VERSION",
        "\u0662\u0660\u0662\u0666-11-22T16.15.07.123Z",  # other digits, which sort above all of ours
    ],
)
def test_anything_else_is_no_version(text):
    assert not is_data_version(text)

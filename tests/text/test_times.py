import time
from datetime import UTC, timedelta, timezone

import pytest

from kedro_batch.text.times import clock_time, date_and_time, iso_time, near_time, utc_time

_AT = 1_795_357_927.1236
"""2026-11-22 14:32:07 UTC"""
_INDIA = timezone(timedelta(hours=5, minutes=30))


@pytest.mark.parametrize(
    ("zone", "of_day", "date", "exact"),
    [
        (UTC, "14:32:07", "2026-11-22 14:32", "2026-11-22 14:32:07"),
        (_INDIA, "20:02:07", "2026-11-22 20:02", "2026-11-22 20:02:07"),
    ],
)
def test_a_time_is_told_by_the_clock_of_the_reader(zone, of_day, date, exact):
    assert clock_time(_AT, zone) == of_day
    assert date_and_time(_AT, zone) == date
    assert date_and_time(_AT, zone, to_the_second=True) == exact


@pytest.mark.parametrize(
    ("later_s", "zone", "said"),
    [
        (0, UTC, "14:32"),
        (9 * 3600, UTC, "14:32"),
        (10 * 3600, UTC, "2026-11-22 14:32"),
        (-10 * 3600, UTC, "14:32"),
        (-15 * 3600, UTC, "2026-11-22 14:32"),
        (4 * 3600, _INDIA, "2026-11-22 20:02"),
    ],
)
def test_the_date_is_told_of_another_day_of_the_reader(later_s, zone, said):
    assert near_time(_AT, _AT + later_s, zone) == said
    assert near_time(_AT, _AT + later_s, zone, to_the_second=True) == f"{said}:07"


def test_utc_is_said_and_programs_get_iso_8601():
    assert utc_time(_AT) == "2026-11-22 14:32:07 UTC"
    assert iso_time(_AT, "seconds") == "2026-11-22T14:32:07+00:00"
    assert iso_time(_AT) == "2026-11-22T14:32:07.123+00:00"


@pytest.fixture
def machine_in_india():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Asia/Kolkata")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("machine_in_india")
def test_without_a_zone_the_clock_of_this_machine_counts():
    assert date_and_time(_AT, to_the_second=True) == date_and_time(_AT, _INDIA, to_the_second=True)
    assert near_time(_AT, _AT) == near_time(_AT, _AT, _INDIA)
    assert clock_time(_AT) == clock_time(_AT, _INDIA)

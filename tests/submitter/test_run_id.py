import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.errors import UsageError
from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import RunId, batch_job_name, parsed_job_name
from kedro_batch.submitter.run_id import checked_run_id, make_run_id

NOW = datetime(2026, 11, 22, 16, 15, 7, tzinfo=UTC)


def test_a_run_id_is_short_lower_case_and_sorted_by_time():
    first, second = make_run_id(NOW, b"\xff\xff\xff\xff"), make_run_id(NOW + timedelta(seconds=1), bytes(4))
    assert first == "261122-161507-zzzz"
    assert first < second
    assert re.fullmatch(r"[a-z0-9-]{18}", second)


@given(st.integers(946_684_800, 3_124_223_999), st.binary(min_size=4, max_size=4))  # 2000 to 2068
def test_an_id_that_was_made_can_be_named(seconds, randomness):
    run_id = make_run_id(datetime.fromtimestamp(seconds, UTC), randomness)
    assert checked_run_id(run_id) == run_id


@pytest.mark.parametrize("word", ["a", "0", "nightly-2026-11-22", "a-", "x" * 24])
def test_a_word_that_fits_into_the_names_on_aws_is_taken(word):
    assert checked_run_id(word) == word
    assert parsed_job_name(batch_job_name(RunId(word), JobName("a"), 1)) == (word, "a", 1)


@pytest.mark.parametrize(
    "word",
    ["", "-a", "Nightly", "a_b", "a b", "a.b", "../a", "a/b", "a\n", "\xe4", "\u0663", "x" * 25],
)
def test_any_other_word_is_refused_with_what_is_allowed(word):
    with pytest.raises(UsageError, match="up to 24 lower-case letters, digits and hyphens"):
        checked_run_id(word)

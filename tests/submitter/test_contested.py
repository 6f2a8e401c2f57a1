from typing import Any

import pytest

from kedro_batch.plan.model import JobName
from kedro_batch.submitter.contested import ContestedJobs, longest_pause_s
from kedro_batch.submitter.service.limits import CONTESTED_MOST_S, CONTESTED_S
from tests.submitter.contexts import context_on

A, B, C = map(JobName, "abc")


@pytest.mark.parametrize(
    ("rounds", "longest_s"), [(2, CONTESTED_S), (3, 2 * CONTESTED_S), (4, 4 * CONTESTED_S), (70, CONTESTED_MOST_S)]
)
def test_the_lots_grow_up_to_a_bound(rounds, longest_s):
    assert longest_pause_s(rounds) == longest_s


def test_a_job_waits_once_after_each_look_and_only_from_the_second_time_on(tmp_path, monkeypatch):
    told: list[Any] = []
    with context_on(tmp_path, monkeypatch, {"a": "", "b": "", "c": ""}, show=told.append) as (context, _):
        contested = ContestedJobs(context)
        contested.open({A: 1, B: 2})
        told.clear()
        assert [contested.take_pause_s(job) for job in (A, C)] == [None, None]
        pause_s = contested.take_pause_s(B)
        assert pause_s is not None
        assert 0 <= pause_s <= CONTESTED_S
        assert contested.take_pause_s(B) is None
        contested.open({B: 3})
        assert contested.take_pause_s(B) is not None
    first, second = (one.message for one in told)
    assert "b was submitted by two processes 2 times" in first
    assert "within 30 s" in first
    assert "within 1 min" in second

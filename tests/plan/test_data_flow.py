import pytest

from kedro_batch.plan.data_flow import (
    UnorderedRead,
    data_flow_of,
    reads_from_run,
    unordered_reads,
    without_transcoding,
)
from kedro_batch.plan.model import JobName, JobReads, Plan
from tests.support.plans import a_job


@pytest.mark.parametrize(
    ("name", "met_by"), [("table", "table"), ("table@spark", "table"), ("a@b@c", "a"), ("@odd", "@odd"), ("", "")]
)
def test_producers_and_consumers_meet_by_the_name_without_transcoding(name, met_by):
    assert without_transcoding(name) == met_by


def test_who_reads_and_writes_what_is_sorted_by_dataset_with_the_jobs_as_in_the_plan():
    flow = data_flow_of(
        Plan(
            jobs=(
                a_job("z", writes=("t@spark", "t@pandas"), reads=("raw",)),
                a_job("a", reads=("raw", "t@pandas"), writes=("out",)),
            )
        )
    )
    assert dict(flow.readers) == {"raw": ("z", "a"), "t": ("a",)}
    assert dict(flow.writers) == {"out": ("a",), "t": ("z",)}
    assert [list(flow.readers), list(flow.writers)] == [["raw", "t"], ["out", "t"]]


def test_a_job_reads_from_its_run_what_other_jobs_of_the_plan_write():
    plan = Plan(
        jobs=(
            a_job("a", reads=("raw",), writes=("t@spark", "own")),
            a_job("b", reads=("raw", "t@pandas", "own"), writes=("out",)),
            a_job("c", reads=("c@x",), writes=("c@y",)),
        )
    )
    assert reads_from_run(plan) == {
        "a": JobReads(other=("raw",)),
        "b": JobReads(from_run=("own", "t"), other=("raw",)),
        "c": JobReads(other=("c",)),
    }


def test_of_many_writers_one_is_named():
    jobs = [a_job(f"w{number:03}", writes=("x",)) for number in range(200)]
    plan = Plan(jobs=(a_job("r", reads=("x",), depends_on=(JobName("w000"),)), *jobs))
    expected = UnorderedRead(dataset="x", reader=JobName("r"), writer=JobName("w001"))
    assert unordered_reads(plan, data_flow_of(plan)) == (expected,)

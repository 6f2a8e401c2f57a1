from typing import Any

import pytest
import yaml

from kedro_batch.compiler.stored_data import StoredData
from kedro_batch.errors import ServiceError
from kedro_batch.plan.data_version import DataVersion
from kedro_batch.plan.model import Job, JobName, Plan
from kedro_batch.plan.settings import JobSettings
from kedro_batch.plan.submit_job import RunId
from kedro_batch.review.run.outputs import find_outputs, outputs_text, outputs_yaml
from kedro_batch.submitter.job_state import JobRecord, JobState

VERSION = DataVersion("2026-11-22T16.15.07.123Z")
PLACE = f"data/x/{VERSION}/x"


def outputs(record, data, *, reads=()):
    jobs = (
        Job(name=JobName("a"), command=("x",), settings=JobSettings(), nodes=("a",), writes=("x",)),
        Job(name=JobName("b"), command=("x",), settings=JobSettings(), nodes=("b",), reads=reads),
    )
    records = {} if record is None else {JobName("a"): record}
    return find_outputs(RunId("r"), VERSION, Plan(jobs=jobs), records, {"x": data})


def stored(**known: Any) -> StoredData:
    return StoredData(versioned=True, place=PLACE, **known)


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.SUCCEEDED])
@pytest.mark.parametrize("left", [True, False])
def test_nothing_is_complete_unless_its_job_succeeded(state, left):
    (one,) = outputs(JobRecord(state=state), stored(is_there=left, left_something=left)).outputs
    assert one.state == ("partial" if left else "missing")
    assert "job" in one.reason
    assert ("torn" in one.reason) == left


@pytest.mark.parametrize(
    ("record", "data", "state"),
    [
        (JobRecord(state=JobState.SUCCEEDED), stored(is_there=True, left_something=True), "complete"),
        (JobRecord(state=JobState.SUCCEEDED), stored(is_there=False, left_something=True), "missing"),
        (JobRecord(state=JobState.SUCCEEDED), stored(problem=ServiceError("x: no answer")), "unknown"),
        (None, stored(is_there=False), "missing"),
    ],
)
def test_what_is_stored_and_how_the_job_ended_decide(record, data, state):
    found = outputs(record, data)
    assert [str(one.state) for one in found.outputs] == [state]
    assert found.load_versions == (("x",) if state == "complete" else ())
    assert ("--load-versions" in outputs_text(found)) == (state == "complete")


def test_every_name_of_a_dataset_is_loaded_in_the_version():
    complete = stored(is_there=True, left_something=True)
    found = outputs(JobRecord(state=JobState.SUCCEEDED), complete, reads=("x@pandas", "xy"))
    assert found.load_versions == ("x", "x@pandas")


@pytest.mark.parametrize("place", ["s3://b/no", "1e3", "data/ä: #x", "a\x1b[31mb\n", "'\"", "012345", "\u2028"])
def test_yaml_gives_back_what_was_put_in(place):
    data = StoredData(versioned=True, place=place, is_there=True, left_something=True)
    found = outputs(JobRecord(state=JobState.SUCCEEDED), data)
    text = outputs_yaml(found)
    assert yaml.safe_load(text)["outputs"][0]["filepath"] == place
    assert "\x1b" not in text + outputs_text(found)

import json
from datetime import UTC
from pathlib import Path

from jsonschema import Draft202012Validator

from kedro_batch.plan.model import PlanDigest
from kedro_batch.plan.submit_job import RunId
from kedro_batch.review.run.runs_table import listed_document, runs_text
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.run_list import RunSummary

SCHEMAS = Path(__file__).parents[3] / "schemas"
SCHEMA = Draft202012Validator(json.loads((SCHEMAS / "runs.schema.json").read_text()))
NIGHTLY = RunSummary(
    entry=RunEntry(
        run=RunId("261122-161507-k3f7"),
        digest=PlanDigest("sha256:" + "0123456789abcdef" * 4),
        engine="aws",
        jobs=1200,
        began_at=1_700_000_000.0,
        location={"region": "eu-west-1", "account": "123456789012"},
        outcome="interrupted",
        ended_at=1_700_011_520.0,
        plan_file="/home/me/project/plans/plan.yaml",
    ),
    counts={JobState.SUCCEEDED: 1100, JobState.FAILED: 2, JobState.LOST: 1, JobState.NOT_RUN: 97},
    env="prod",
)
LOCAL = RunSummary(
    entry=RunEntry(
        run=RunId("r"),
        digest=PlanDigest("sha256:" + "f" * 64),
        engine="local",
        jobs=1,
        began_at=1_700_020_000.0,
        location={"folder": "/home/me/project"},
        plan_file="/x/\x1b[31mplan\n.yaml",
    )
)


def shown(width: int | None) -> str:
    return runs_text([NIGHTLY, LOCAL], width=width, folder="/home/me/project", zone=UTC)


FIRST = (
    "RUN                 BEGAN             TOOK        OUTCOME      DONE         FAILED",
    "261122-161507-k3f7  2023-11-14 22:13  3 h 12 min  interrupted  1,103/1,200  3",
    "r                   2023-11-15 03:46  -           not ended    0/1          0",
)
SECOND = (
    "PLAN             DIGEST    ENV   ACCOUNT       REGION",
    "plans/plan.yaml  01234567  prod  123456789012  eu-west-1",
    "/x/plan .yaml    ffffffff  -     -             this machine",
)


def test_a_run_takes_one_line_where_it_fits():
    assert shown(160) == shown(None)
    assert shown(None).splitlines() == [f"{first:<82}  {more}" for first, more in zip(FIRST, SECOND, strict=True)]


def test_on_a_narrow_terminal_a_run_takes_two():
    assert shown(90).splitlines() == [
        line for first, more in zip(FIRST, SECOND, strict=True) for line in (first, f"  {more}")
    ]


def test_without_runs_there_is_no_header():
    assert runs_text([]) == ""


def test_the_document_of_a_run_has_the_whole_digest():
    document = listed_document(NIGHTLY)
    assert document["plan_digest"] == NIGHTLY.entry.digest
    assert document["run_seconds"] == 11_520.0
    assert document["counts"] == {"FAILED": 2, "LOST": 1, "NOT_RUN": 97, "SUCCEEDED": 1100}
    assert document["env"] == "prod"
    assert document["plan_file"].endswith("/plan.yaml")
    assert json.dumps(document)
    for one in (NIGHTLY, LOCAL):
        assert not [*SCHEMA.iter_errors(listed_document(one))]
    assert listed_document(LOCAL).keys().isdisjoint({"run_seconds", "env", "ended_at"})

"""What ``kedro-batch status`` shows of a run that goes on, by one look at AWS Batch that writes nothing."""

import json
import re
from pathlib import Path

from kedro_batch.files import json_schema
from tests.support.forked import on
from tests.support.plans import write_plan
from tests.support.runs import JOURNAL, end_of, interrupted, read_until, started, states, wait_until
from tests.support.services import StandIn, standin

WRITES = ("SubmitJob", "TerminateJob", "CancelJob", "RegisterJobDefinition")
JOBS = {"load": ["x"], "train": ["x"], "score": ["x"], "tell": ["x"]}
PARENTS = {"train": "load", "score": "load", "tell": "train score"}


def begun(service: StandIn, folder: Path) -> None:
    """Apply a run of which one job ends, one runs on, one fails and one waits for both, while nobody looks."""
    write_plan(folder, JOBS, PARENTS)
    assert on(service, "apply", "plan.yaml", "--run-id", "nightly-1", "--detach", cwd=folder).code == 0
    service.configure(slots=None)
    wait_until(lambda: (states(service).get("train"), states(service).get("score")) == ("RUNNING", "FAILED"))


def document(service: StandIn, folder: Path, *words: str) -> dict[str, object]:
    ended = on(service, "status", *words, "--json", cwd=folder)
    assert ended.code == 0, ended.err
    found: dict[str, object] = json.loads(ended.text)
    assert not [*json_schema.check(found, "run")]
    return found


def test_status_looks_once_and_writes_nothing(tmp_path, transcript):
    with standin(slots=0, durations={"train": 3600}, fail={"score": 3}) as service:
        begun(service, tmp_path)
        before = {one: one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()}
        calls = [len(service.ledger(one)) for one in WRITES]
        transcript.on(service, "status")
        found = document(service, tmp_path, "night")
        assert found["source"] == "aws"
        assert found["counts"] == {"FAILED": 1, "NOT_RUN": 1, "RUNNING": 1, "SUCCEEDED": 1}
        listed = len(service.asked("ListJobs"))
        transcript.on(service, "status", "nightly-1", "--offline")
        assert document(service, tmp_path, "--offline")["source"] == "journal"
        service.configure(account="999999999999")
        transcript.on(service, "status", "nightly-1")
        assert "999999999999" in str(document(service, tmp_path)["problem"])
        assert {one: one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()} == before
        assert [len(service.ledger(one)) for one in WRITES] == calls
        assert len(service.asked("ListJobs")) == listed
    transcript.check("status_of_a_run")


def test_a_run_of_another_machine_is_seen_by_its_plan(tmp_path, transcript):
    elsewhere = ("--plan", "plan.yaml", "--journal", "elsewhere/journal.db")
    with standin(slots=0, durations={"train": 3600}, fail={"score": 3}) as service:
        begun(service, tmp_path)
        transcript.on(service, "status", "nightly-1", *elsewhere)
        service.forget("load")
        told = transcript.on(service, "status", "nightly-1", *elsewhere).text
        assert re.search("AWS Batch knows 3 of the 4 jobs", told)
        assert on(service, "status", "other", *elsewhere, cwd=tmp_path).code == 8
        assert on(service, "status", *elsewhere, cwd=tmp_path).code == 2
    assert not (tmp_path / "elsewhere").exists()
    assert (tmp_path / JOURNAL).exists()
    transcript.check("status_by_a_plan")


def test_a_watched_run_is_told_as_one_that_is_followed_until_it_has_ended_or_ctrl_c(tmp_path):
    write_plan(tmp_path, {"a": ["x"], "b": ["x"], "c": ["x"]}, {"b": "a", "c": "b"})
    with standin(slots=0, fail={"b": 3}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", cwd=tmp_path).code == 0
        with started("status", "--watch", cwd=tmp_path, service=service) as process:
            first = read_until(process, "0 of 3 jobs done")
            ended = interrupted(process)
        assert re.search(r"\n\d\d:\d\d:\d\d  watching run r: 3 jobs on AWS Batch \(account ", first)
        assert (ended.code, ended.err) == (130, "Stopped watching. Nothing was changed in run r.\n")
        assert ended.text.startswith("run r detached, as of ")
        asked = len(service.asked("getcalleridentity"))
        with started("status", "r", "--watch", cwd=tmp_path, service=service) as process:
            read_until(process, "0 of 3 jobs done")
            service.configure(slots=None)
            ended = end_of(process)
        assert len(service.asked("getcalleridentity")) == asked + 1
    assert ended.code == 0
    told = [line[10:] for line in ended.err.splitlines()]
    assert re.fullmatch(r"a SUCCEEDED after .+, 1/3", told[0])
    assert re.fullmatch(r"b FAILED after .+, 2/3: exit code 3", told[1])
    assert told[2:] == ["1 job will not run because b did not succeed"]
    assert ended.text.startswith("run r has ended, as of ")
    assert "\nb failed: exit code 3\n" in ended.text

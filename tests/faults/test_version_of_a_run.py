"""One version for all jobs of a run: kept when it is taken up again, read back from its jobs, and never guessed."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kedro_batch.plan.data_version import is_data_version, make_data_version
from kedro_batch.submitter.journal_view import read_journal
from tests.support.forked import on
from tests.support.plans import write_plan
from tests.support.runs import JOURNAL, as_of_version_3
from tests.support.services import StandIn, standin

CHAIN = {"a": "", "b": "a", "c": "b"}
APPLY = ("apply", "plan.yaml", "--run-id", "r", "-q")
V1 = "2020-11-22T16.15.07.123Z"
_NOW = datetime.now(UTC)
YOUNG, YOUNGER = (make_data_version(_NOW - timedelta(seconds=seconds)) for seconds in (2, 1))
"""Of a run of today: of an older one AWS Batch may have forgotten jobs."""
POD = {"podProperties": {"containers": [{"name": "main"}]}}
TASK = {"taskProperties": [{"containers": [{"name": "main"}]}]}
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "container": ({}, {}),
    "pod": (
        {"submit": {"eksPropertiesOverride": POD}},
        {
            "environments": {"pods": {"containerOrchestrationType": "EKS"}},
            "definition_details": {"a_definition": {"eksProperties": POD}},
        },
    ),
    "task": (
        {"submit": {"ecsPropertiesOverride": TASK}},
        {"definition_details": {"a_definition": {"ecsProperties": TASK}}},
    ),
}


def variables(request: dict[str, Any]) -> dict[str, str]:
    """Give the variables of a request, wherever its kind of definition has them."""
    if pods := request.get("eksPropertiesOverride"):
        pairs = pods["podProperties"]["containers"][0]["env"]
    elif tasks := request.get("ecsPropertiesOverride"):
        pairs = tasks["taskProperties"][0]["containers"][0]["environment"]
    else:
        pairs = request["containerOverrides"].get("environment", [])
    return {one["name"]: one["value"] for one in pairs}


def versions(service: StandIn) -> list[str | None]:
    """Give the version of each submission, in their order."""
    return [variables(request).get("KEDRO_BATCH_VERSION") for request in service.asked("submitjob")]


def submit(service: StandIn, job: str, version: str | None, submission: int = 1) -> None:
    """Submit a job of the run ``r`` as another process does."""
    given = [{"name": "KEDRO_BATCH_VERSION", "value": version}] if version else []
    service.client().submit_job(
        jobName=f"r_{job}_{submission}",
        jobQueue="a_queue",
        jobDefinition="a_definition",
        containerOverrides={"command": ["x"], "environment": given},
    )


def recorded(folder: Path) -> str | None:
    with read_journal(folder / JOURNAL) as journal:
        (entry,) = journal.runs()
    return entry.version


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Give a folder without the journal."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def plan(folder: Path, **extra) -> None:
    write_plan(folder, {name: ["x"] for name in CHAIN}, CHAIN, **extra)


def test_all_jobs_of_a_run_have_one_version_also_when_it_is_resumed(tmp_path):
    plan(tmp_path)
    with standin(fail={"b": 3}) as service:
        assert on(service, *APPLY, cwd=tmp_path).code == 6
        service.configure(fail={})
        ended = on(service, "resume", "r", "--json", cwd=tmp_path)
        assert ended.code == 0, ended.err
        (version,) = set(versions(service))
        assert len(versions(service)) == 5
    assert version
    assert is_data_version(version)
    assert recorded(tmp_path) == version == ended.events[0]["version"]


def test_runs_have_versions_of_their_own(tmp_path):
    plan(tmp_path)
    with standin() as service:
        for run in ("r", "s"):
            assert on(service, "apply", "plan.yaml", "--run-id", run, "-q", cwd=tmp_path).code == 0
        assert len(set(versions(service))) == 2


def test_jobs_are_told_what_they_read_from_their_run(tmp_path):
    plan(tmp_path, a={"writes": ["x"]}, b={"reads": ["raw", "x@pandas"]}, c={"depends_on": ["b"], "reads": ["raw"]})
    with standin() as service:
        ended = on(service, *APPLY, cwd=tmp_path)
        assert ended.code == 0, ended.err
        told = [variables(one).get("KEDRO_BATCH_READS_FROM_RUN") for one in service.asked("submitjob")]
    assert told == [None, json.dumps(["x"]), None]


@pytest.mark.parametrize("kind", KINDS)
def test_without_its_journal_the_version_is_read_from_the_jobs(tmp_path, elsewhere, kind):
    settings, account = KINDS[kind]
    plan(tmp_path, defaults=settings)
    with standin(fail={"b": 3}, **account) as service:
        assert on(service, *APPLY, cwd=tmp_path).code == 6
        service.configure(fail={})
        ended = on(service, "resume", "r", "--plan", "../plan.yaml", "-q", cwd=elsewhere)
        assert ended.code == 0, ended.err
        (version,) = set(versions(service))
    assert recorded(elsewhere) == version


def test_a_run_that_was_only_followed_here_has_its_version_and_keeps_it_when_it_is_resumed(tmp_path, elsewhere):
    plan(tmp_path)
    with standin(fail={"b": 3}) as service:
        assert on(service, *APPLY, cwd=tmp_path).code == 6
        service.configure(fail={})
        assert on(service, "wait", "r", "--plan", "../plan.yaml", "-q", cwd=elsewhere).code == 6
        assert recorded(elsewhere) == recorded(tmp_path)
        assert on(service, "resume", "r", "-q", cwd=elsewhere).code == 0
        (version,) = set(versions(service))
    assert recorded(elsewhere) == version


def test_a_run_of_an_older_journal_goes_on_without_a_version(tmp_path):
    plan(tmp_path)
    with standin(fail={"b": 3}) as service:
        assert on(service, *APPLY, cwd=tmp_path).code == 6
        as_of_version_3(tmp_path / JOURNAL)
        service.configure(fail={})
        before = len(versions(service))
        named = on(service, "resume", "r", "--data-version", V1, cwd=tmp_path)
        assert (named.code, "run r has no version: an older kedro-batch has begun it" in named.err) == (2, True)
        assert on(service, "resume", "r", "-q", cwd=tmp_path).code == 0
        assert versions(service)[before:] == [None, None]


@pytest.mark.parametrize(
    ("found", "why"),
    [(True, "AWS Batch shows several for its jobs ({}, {})"), (False, "AWS Batch shows none")],
)
def test_what_nobody_can_tell_is_refused_and_can_be_named(tmp_path, found, why):
    plan(tmp_path)
    with standin() as service:
        for job, version in (("a", YOUNG), ("b", YOUNGER)):
            submit(service, job, version if found else None)
        refused = on(service, *APPLY, cwd=tmp_path)
        assert refused.code == 2
        assert "it is not known under which version run r saves data" in refused.err
        assert why.format(YOUNG, YOUNGER) in refused.err
        assert "--data-version VERSION" in refused.err
        assert len(service.asked("submitjob")) == 2
        assert not (tmp_path / ".kedro-batch" / "runs" / "r").exists()
        named = on(service, *APPLY, "--data-version", YOUNG, cwd=tmp_path)
        assert named.code == 0, named.err
        assert set(versions(service)[2:]) == {YOUNG}


def test_jobs_of_another_version_than_the_named_one_are_run_again(tmp_path):
    plan(tmp_path)
    with standin() as service:
        for job, version in (("a", YOUNG), ("b", YOUNGER)):
            submit(service, job, version)
        assert on(service, *APPLY, "--data-version", YOUNG, cwd=tmp_path).code == 0
        again = [request["jobName"] for request in service.asked("submitjob")[2:]]
    assert again == ["r_b_2", "r_c_1"]


def test_a_run_that_batch_has_forgotten_is_resumed_with_the_version_that_a_log_shows(tmp_path):
    plan(tmp_path)
    (tmp_path / "done").write_text("a\n")
    words = ("resume", "261101-101010-abcd", "--plan", "plan.yaml", "--assume-done", "done", "-q")
    with standin() as service:
        refused = on(service, *words, cwd=tmp_path)
        assert refused.code == 2
        assert "AWS Batch no longer knows its jobs" in refused.err
        assert service.asked("submitjob") == []
        assert on(service, *words, "--data-version", V1, cwd=tmp_path).code == 0
        assert versions(service) == [V1, V1]
        # Nobody knows what an earlier process of these jobs has left under this version: as a second submission,
        # they remove it.
        assert [request["jobName"][-3:] for request in service.asked("submitjob")] == ["b_2", "c_2"]


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ((*APPLY, "--data-version", V1), "run r is new, and gets a version of its own: leave --data-version out"),
        ((*APPLY, "--data-version", "run-x"), "'run-x' is not the version of a run"),
        ((*APPLY, "--data-version", f"3{V1[1:]}"), f"3{V1[1:]} is in the future"),
        (("apply", "plan.yaml", "--data-version", V1), "--data-version goes with --run-id"),
    ],
)
def test_a_version_that_cannot_be_taken_is_refused_and_nothing_is_left(tmp_path, words, part):
    plan(tmp_path)
    with standin() as service:
        refused = on(service, *words, cwd=tmp_path)
        assert (refused.code, part in refused.err) == (2, True), refused.err
        assert service.asked("submitjob") == []
    assert not (tmp_path / ".kedro-batch" / "runs" / "r").exists()


def test_another_version_than_the_journal_s_is_refused(tmp_path):
    plan(tmp_path)
    with standin(fail={"b": 3}) as service:
        assert on(service, *APPLY, cwd=tmp_path).code == 6
        refused = on(service, "resume", "r", "--data-version", V1, cwd=tmp_path)
        assert refused.code == 2
        assert f"run r has the version {recorded(tmp_path)}. Leave --data-version out" in refused.err
        assert len(service.asked("submitjob")) == 3


def test_jobs_that_another_machine_has_submitted_under_a_smaller_version_stand(tmp_path):
    """Both began the run at once; the other one, whose version is smaller, ended before it had submitted everything."""
    plan(tmp_path)
    with standin(fail={"b": 3}) as service:
        assert on(service, *APPLY, cwd=tmp_path).code == 6
        submit(service, "a", V1)
        service.configure(fail={})
        resumed = on(service, "resume", "r", cwd=tmp_path)
        assert resumed.code == 0, resumed.err
        requests = service.asked("submitjob")[4:]
        assert [one["jobName"] for one in requests] == ["r_b_2", "r_c_2"]
        assert set(versions(service)[4:]) == {V1}
    assert f"under several versions: {V1} stands" in resumed.err
    assert recorded(tmp_path) == V1


def test_a_job_that_succeeded_under_a_larger_version_is_run_again(tmp_path):
    plan(tmp_path)
    with standin(fail={"c": 3}) as service:
        assert on(service, *APPLY, cwd=tmp_path).code == 6
        shutil.copytree(tmp_path / ".kedro-batch", tmp_path / "kept")
        submit(service, "c", V1)
        service.configure(fail={})
        resumed = on(service, "resume", "r", cwd=tmp_path)
        assert resumed.code == 0, resumed.err
        assert [one["jobName"] for one in service.asked("submitjob")[4:]] == ["r_a_2", "r_b_2"]
        assert set(versions(service)[4:]) == {V1}

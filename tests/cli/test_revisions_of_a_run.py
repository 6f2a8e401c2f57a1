"""The revisions of a run are those that its jobs have, and nobody is asked about jobs that are not submitted."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.forked import kedro_batch, on
from tests.support.plans import write_plan
from tests.support.runs import JOURNAL, recorded
from tests.support.services import StandIn, standin

JOBS = {"a": ["x"], "b": ["y"]}
PARENTS = {"b": "a"}
ARN = "arn:aws:batch:us-east-1:123456789012:job-definition"
DECLARED = {"image": "repo:1", "resources": {"vcpus": 1, "memory_mib": 2048}}


@contextmanager
def applied(folder: Path, code: int = 0, *, words: tuple[str, ...] = (), **configuration: Any) -> Iterator[StandIn]:
    """Give a service on which run r of the plan has been applied, and newer revisions were registered since."""
    definitions = {"a_definition": 3, "other": 3}
    with standin(**{"run_s": 0.0, "start_s": 0.0, "definitions": definitions, **configuration}) as service:
        ended = on(service, "apply", "plan.yaml", "--run-id", "r", *words, cwd=folder)
        assert ended.code == code, ended.err
        service.configure(definitions=dict.fromkeys(definitions, 5), fail={})
        yield service


def used(service: StandIn) -> list[str]:
    return [one["jobDefinition"].rpartition("/")[2] for one in service.asked("submitjob")]


def in_use(folder: Path) -> tuple[str, dict[str, Any]]:
    """Give what status says of the revisions: its line, and its JSON."""
    line = kedro_batch("status", "r", cwd=folder).text.splitlines()[1].strip()
    said = [part for part in line.split("; ") if part.startswith("job definition")]
    return "; ".join(said), json.loads(kedro_batch("status", "r", "--json", cwd=folder).text)


# What is recorded


@pytest.mark.parametrize("journal", ["kept", "lost"])
def test_a_choice_under_which_nothing_is_submitted_is_not_recorded(tmp_path, journal):
    write_plan(tmp_path, JOBS, PARENTS)
    with applied(tmp_path) as service:
        if journal == "lost":
            (tmp_path / JOURNAL).unlink()
        words = ["--plan", "plan.yaml"] if journal == "lost" else []
        ended = on(service, "resume", "r", *words, "--new-definitions", "--json", cwd=tmp_path)
        assert ended.code == 0, ended.err
        assert "definition_pinned" not in {one["event"] for one in ended.events}
        refused = on(service, "resume", "r", "--only", "b", cwd=tmp_path)
        assert refused.code == 2
        assert "run r has used a_definition:3 until now, and a_definition:5 is active" in refused.err


def test_a_choice_whose_first_submission_is_refused_is_not_recorded(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    with applied(tmp_path, 6, fail={"a": 1}) as service:
        service.configure(deny=["SubmitJob"])
        assert on(service, "resume", "r", "--new-definitions", cwd=tmp_path).code == 5
        service.configure(deny=[])
        refused = on(service, "resume", "r", cwd=tmp_path)
        assert "run r has used a_definition:3 until now, and a_definition:5 is active" in refused.err
        assert in_use(tmp_path)[0] == "job definition a_definition:3"


def test_status_says_which_revisions_the_jobs_have(tmp_path):
    write_plan(tmp_path, JOBS, PARENTS)
    with applied(tmp_path) as service:
        assert on(service, "resume", "r", "--only", "b", "--new-definitions", cwd=tmp_path).code == 0
        line, document = in_use(tmp_path)
        assert line == "job definition a_definition:5 (before: a_definition:3)"
        assert document["definitions"] == {"a_definition": f"{ARN}/a_definition:5"}
        assert document["earlier_definitions"] == {"a_definition": [f"{ARN}/a_definition:3"]}
        assert on(service, "resume", "r", "--from", "a", cwd=tmp_path).code == 0
        assert used(service)[2:] == ["a_definition:5"] * 3
        line, document = in_use(tmp_path)
        assert (line, "earlier_definitions" in document) == ("job definition a_definition:5", False)


def test_status_knows_the_revision_that_a_plan_names(tmp_path):
    write_plan(tmp_path, JOBS, defaults={"job_definition": "a_definition:2"})
    with applied(tmp_path):
        line, document = in_use(tmp_path)
    assert line == "job definition a_definition:2"
    assert document["definitions"] == {"a_definition:2": f"{ARN}/a_definition:2"}


# Nobody is asked or refused about what is not submitted


@pytest.mark.parametrize("words", [["apply", "plan.yaml", "--run-id", "r"], ["resume", "r"]])
@pytest.mark.parametrize(("definition", "run_s"), [("a_definition", 1.0), ("a_definition:3", 0.0)])
def test_a_run_with_nothing_left_to_submit_is_followed_whatever_has_become_of_its_targets(
    tmp_path, words, definition, run_s
):
    write_plan(tmp_path, JOBS, PARENTS, defaults={"job_definition": definition})
    with applied(tmp_path, words=("--detach",), run_s=run_s) as service:
        service.configure(deregistered=["a_definition:3"], disabled_queues=["a_queue"])
        ended = on(service, *words, cwd=tmp_path)
        assert ended.code == 0, ended.err
        assert len(used(service)) == len(JOBS)


def test_the_definitions_of_other_jobs_are_not_asked_about(tmp_path):
    write_plan(tmp_path, {**JOBS, "c": ["z"]}, c={"job_definition": "other"})
    with applied(tmp_path, 6, fail={"c": 1}) as service:
        service.configure(definitions={"a_definition": 5, "other": 3}, deregistered=["a_definition:3"])
        assert on(service, "resume", "r", cwd=tmp_path).code == 0
        assert on(service, "resume", "r", "--from", "c", cwd=tmp_path).code == 0
        assert on(service, "resume", "r", "--only", "c", cwd=tmp_path).code == 0
        assert used(service)[3:] == ["other:3"] * 3
        refused = on(service, "resume", "r", "--only", "a", cwd=tmp_path)
        assert "run r has used a_definition:3 until now" in refused.err
        assert "other" not in refused.err


def test_nothing_is_terminated_before_the_question(tmp_path):
    write_plan(tmp_path, JOBS)
    with applied(tmp_path, words=("--detach",), fail={"b": 1}, durations={"a": 600}) as service:
        duplicate = {"jobName": "r_a_1", "jobQueue": "a_queue", "jobDefinition": "a_definition"}
        service.client().submit_job(**duplicate)
        before = recorded(tmp_path)
        refused = on(service, "resume", "r", cwd=tmp_path)
        assert (refused.code, refused.text) == (2, "")
        assert "terminatejobs" not in service.verdict()["calls"]
        assert recorded(tmp_path) == before
        assert on(service, "resume", "r", "--same-definitions", "--detach", cwd=tmp_path).code == 0
        assert service.verdict()["calls"]["terminatejobs"] == 1


def test_a_declared_definition_that_no_job_uses_is_left_alone(tmp_path):
    write_plan(tmp_path, JOBS, header={"job_definitions": {"kedro_run": DECLARED}})
    assert "RegisterJobDefinition" not in kedro_batch("apply", "plan.yaml", "--dry-run", cwd=tmp_path).text
    with applied(tmp_path) as service:
        assert service.asked("registerjobdefinition") == []


# What is said


def test_the_two_choices_exclude_each_other(tmp_path):
    refused = kedro_batch("resume", "r", "--same-definitions", "--new-definitions", cwd=tmp_path)
    assert refused.code == 2
    assert "--same-definitions and --new-definitions exclude each other" in refused.err


@pytest.mark.parametrize(
    ("words", "then"),
    [
        (["resume", "r", "--journal", "a b.db", "--from", "a"], "resume r --journal 'a b.db' --from a"),
        (["resume", "r", "--same-definitions", "--journal=a b.db"], "resume r '--journal=a b.db'"),
        (["apply", "plan.yaml", "--journal", "a b.db", "--run-id=r"], "resume r --journal 'a b.db'"),
        (["apply", "plan.yaml", "--run-id", "r"], "resume r --plan plan.yaml"),
    ],
)
def test_the_command_that_goes_on_with_other_revisions_finds_the_same_run(tmp_path, words, then):
    write_plan(tmp_path, JOBS)
    with applied(tmp_path, 5, words=("--journal", "a b.db"), refuse_after=1, fail={"a": 1, "b": 1}) as service:
        service.configure(refuse_after=None, deregistered=["a_definition:3"])
        refused = on(service, *words, cwd=tmp_path)
        assert refused.code == 2, refused.err
        assert refused.err.endswith(f"To go on with a_definition:5:\n  kedro-batch {then} --new-definitions\n")


def test_a_revision_that_is_found_is_named_and_a_run_that_is_found_is_continued(tmp_path):
    write_plan(
        tmp_path, JOBS, header={"job_definitions": {"kedro_run": DECLARED}}, defaults={"job_definition": "kedro_run"}
    )
    with applied(tmp_path, 5, refuse_after=1) as service:
        service.configure(refuse_after=None)
        (tmp_path / JOURNAL).unlink()
        ended = on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path)
        assert ended.code == 0, ended.err
        begun = ended.err.splitlines()[0]
        assert begun.endswith(", continued")
        assert "job definition kedro_run:1 is there already\n" in ended.err
        new = on(service, "apply", "plan.yaml", "--run-id", "n", cwd=tmp_path)
        assert "continued" not in new.err

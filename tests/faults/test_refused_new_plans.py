"""A new plan that is refused leaves the run as it was: every row of its journal, and every job."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.test_new_plan import CHAIN, JOBS, memory, new_plan
from tests.support.forked import on
from tests.support.plans import write_plan
from tests.support.runs import JOURNAL, make_older, started, states, wait_until
from tests.support.services import StandIn, standin

Change = Callable[[Path, StandIn], object]
RESUME = ("resume", "r", "--new-plan", "new.yaml")


def tables(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """Give every row of every table."""
    with closing(sqlite3.connect(folder / JOURNAL)) as journal:
        names = [name for (name,) in journal.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        # Names of this code, no input.
        return {name: journal.execute(f"SELECT * FROM {name}").fetchall() for name in names}  # noqa: S608


def is_open(folder: Path) -> bool:
    """Tell whether the process that follows the run has written so."""
    with closing(sqlite3.connect(folder / JOURNAL)) as journal:
        return journal.execute("SELECT outcome FROM runs").fetchall() == [(None,)]


def more_memory(folder: Path, service: StandIn) -> None:
    del service
    new_plan(folder, b=memory(4096))


def other(**header: object) -> Change:
    return lambda folder, _: new_plan(folder, header=header)


def broken(folder: Path, service: StandIn) -> None:
    del service
    (folder / "new.yaml").write_text("jobs: [")


def command_of_a(folder: Path, service: StandIn) -> None:
    del service
    new_plan(folder, {**JOBS, "a": ["y"]})


def without_a(folder: Path, service: StandIn) -> None:
    del service
    new_plan(folder, {"b": ["x"], "c": ["x"]}, {"c": "b"})


def configured(**changes: object) -> Change:
    def change(folder: Path, service: StandIn) -> None:
        more_memory(folder, service)
        service.configure(**changes)

    return change


def beside_another_run(folder: Path, service: StandIn) -> None:
    new_plan(folder, b={"writes": ["x"]})
    service.configure(fail={}, durations={"a": 600})
    assert on(service, "apply", "new.yaml", "--run-id", "s", "--detach", cwd=folder).code == 0


def forgotten(folder: Path, service: StandIn) -> None:
    more_memory(folder, service)
    service.forget(*JOBS)
    make_older(folder, 25 * 3600)


REFUSALS: dict[str, tuple[int, Change, tuple[str, ...]]] = {
    "what has succeeded differs": (2, command_of_a, ()),
    "what has succeeded is left out": (2, without_a, ()),
    "another project": (2, other(project="another"), ()),
    "another account": (5, other(account="999999999999"), ()),
    "another region": (5, other(region="eu-west-1"), ()),
    "a broken plan": (4, broken, ()),
    "another digest than was approved": (4, more_memory, ("--expect-digest", "sha256:" + "0" * 64)),
    "a job that it does not have": (2, more_memory, ("--from", "d")),
    "a job that cannot run alone": (2, more_memory, ("--only", "c")),
    "no queue": (5, configured(queues=[]), ()),
    "no definition": (5, configured(definitions={}), ()),
    "newer revisions": (2, configured(definitions={"a_definition": 4}), ()),
    "ListJobs denied": (5, configured(deny=["ListJobs"]), ()),
    "DescribeJobs denied": (5, configured(deny=["DescribeJobs"]), ()),
    "exclusive": (2, beside_another_run, ("--exclusive",)),
}
WHILE_IT_GOES_ON: dict[str, tuple[int, Change]] = {
    "what goes on differs": (2, command_of_a),
    "what goes on is left out": (2, without_a),
    "forgotten": (8, forgotten),
}


@pytest.mark.parametrize("why", REFUSALS)
def test_a_new_plan_that_is_refused_leaves_every_row_of_the_journal_as_it_was(tmp_path, why):
    code, change, further = REFUSALS[why]
    write_plan(tmp_path, JOBS, CHAIN, header={"project": "p"})
    with standin(fail={"b": 1}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 6
        change(tmp_path, service)
        before, taken = tables(tmp_path), service.verdict()["taken"]
        refused = on(service, *RESUME, *further, cwd=tmp_path)
        assert (refused.code, service.verdict()["taken"]) == (code, taken), refused.err
        assert refused.err.count("Error: ") == 1
        assert tables(tmp_path) == before


@pytest.mark.parametrize("why", WHILE_IT_GOES_ON)
def test_so_does_one_that_is_refused_while_jobs_of_the_run_go_on(tmp_path, why):
    code, change = WHILE_IT_GOES_ON[why]
    write_plan(tmp_path, JOBS, CHAIN)
    with standin(durations={"a": 600}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", cwd=tmp_path).code == 0
        wait_until(lambda: states(service)["a"] == "RUNNING")
        change(tmp_path, service)
        before, jobs = tables(tmp_path), states(service)
        refused = on(service, *RESUME, cwd=tmp_path)
        assert refused.code == code, refused.err
        assert (tables(tmp_path), states(service)) == (before, jobs)


def test_so_does_one_that_is_refused_while_another_process_works_on_the_run(tmp_path):
    write_plan(tmp_path, JOBS, CHAIN)
    with standin(durations={"a": 600}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", "--detach", cwd=tmp_path).code == 0
        wait_until(lambda: states(service)["a"] == "RUNNING")
        more_memory(tmp_path, service)
        asked = len(service.asked("describejobs"))
        with started("wait", "r", cwd=tmp_path, service=service) as follower:
            wait_until(lambda: len(service.asked("describejobs")) > asked and is_open(tmp_path), follower)
            before = {name: rows for name, rows in tables(tmp_path).items() if name in ("runs", "plans")}
            assert on(service, *RESUME, cwd=tmp_path).code == 2
            assert {name: rows for name, rows in tables(tmp_path).items() if name in before} == before


def test_so_does_one_that_is_refused_after_the_run_has_gone_on_with_another_one(tmp_path):
    write_plan(tmp_path, JOBS, CHAIN)
    with standin(fail={"b": 1}) as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "r", cwd=tmp_path).code == 6
        more_memory(tmp_path, service)
        assert on(service, *RESUME, cwd=tmp_path).code == 6
        command_of_a(tmp_path, service)
        before = tables(tmp_path)
        assert on(service, *RESUME, cwd=tmp_path).code == 2
        assert tables(tmp_path) == before

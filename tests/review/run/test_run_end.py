"""The end of a command that worked on a run: each distinct failure once, then five lines, the most important last."""

from dataclasses import replace
from typing import Any

import pytest

from kedro_batch.review.run.run_end import run_end_text
from kedro_batch.review.run.status import RunStatus
from kedro_batch.text.escaping import LONGEST_LINE
from tests.review.run.test_outcome import EVIL, JOURNAL, RAISED, RUN, failure, status

ENGINES = ("aws", "local")


def end(one: RunStatus, **more: Any) -> str:
    return run_end_text(one, **{"journal": JOURNAL, "seconds": 75.2, **more})


def test_a_run_that_succeeded_ends_with_its_outcome():
    done = status("a:SUCCEEDED b:SUCCEEDED c:SUCCEEDED", outcome="succeeded")
    assert end(done) == (
        f"journal: .kedro-batch/journal.db\nrun {RUN} succeeded after 1 min 15 s: 3 jobs, 3 succeeded\n"
    )


def test_a_failure_comes_first_and_the_command_to_run_next_last():
    one = failure(not_run=("score",), job_id="id-train", **RAISED)
    assert end(status("a:SUCCEEDED train:FAILED score:NOT_RUN", one)) == (
        "train failed: exited; exit code 1\n"
        "  ValueError: no x\n"
        "  after KeyError: 'x'\n"
        "  job: id-train\n"
        "  log: somewhere\n"
        "  not run because of it (1): score\n"
        "\n"
        "journal: .kedro-batch/journal.db\n"
        f"run {RUN} failed after 1 min 15 s: 3 jobs, 1 succeeded, 1 failed, 1 will not run\n"
        f"  kedro-batch logs --run {RUN}  read the logs of what failed\n"
        f"  kedro-batch resume {RUN}      submit what has not succeeded\n"
    )


def test_with_verbose_the_end_of_each_log_is_shown_and_without_an_exception_always_its_last_line():
    tail = tuple(f"line {number}" for number in range(30))
    raised, other = failure("a", **{**RAISED, "log_tail": tail}), failure("b", log_tail=tail)
    run = status("a:FAILED b:FAILED", raised, other)
    assert end(run).count("  | ") == 1
    assert "b failed\n  | line 29\n" in end(run)
    assert end(run, verbose=True).count("  | ") == 50
    assert end(run, verbose=True).count("  | line 5\n") == 2


def test_one_failure_among_thousands_of_jobs_takes_a_dozen_lines():
    below = tuple(f"n{number:04}" for number in range(1_405))
    one = failure(**RAISED, not_run=below)
    told = end(status(" ".join(["train:FAILED", *(f"{name}:NOT_RUN" for name in below)]), one)).splitlines()
    assert len(told) == 10
    assert "  not run because of it (1,405): n0000" in told[4]
    assert told[-3].endswith("1,406 jobs, 1 failed, 1,405 will not run")


def test_of_many_distinct_failures_ten_are_told_and_the_command_that_reads_the_others():
    names = [f"n{number:02}" for number in range(14)]
    run = status(" ".join(f"{name}:FAILED" for name in names), *map(failure, names))
    assert end(run).count(" failed\n\n") == 10
    assert f"\nand 4 more failures (n10, n11, n12, n13): kedro-batch logs --run {RUN}\n\n" in end(run)


def test_a_failure_without_a_log_names_no_command_that_reads_it():
    assert "logs" not in end(status("a:LOST", failure("a", state="LOST")))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("outcome", ["failed", "interrupted", "stopped", "detached", "unfinished", "cancelled"])
@pytest.mark.parametrize("states", ["a:FAILED", "a:FAILED b:RUNNING c:NOT_SUBMITTED", "a:RUNNING", "a:CANCELLED"])
@pytest.mark.parametrize("note", [None, "what has been submitted goes on"])
def test_five_lines_at_most_tell_the_outcome_and_the_last_one_is_a_command(engine, outcome, states, note):
    failures = [failure("a", cause="exit", exit_code=137, log="a/default/1")] if "FAILED" in states else []
    run = replace(status(states, *failures, engine=engine, outcome=outcome))
    lines = end(run, note=note).split("\n\n")[-1].splitlines()
    lines = [line for line in lines if not line.startswith(("    ", "jobs that go on:"))]
    assert len(lines) <= 5
    assert lines[-1].startswith("  kedro-batch ")
    assert any(line.startswith(f"run {RUN} {outcome} after 1 min 15 s: ") for line in lines)


def test_jobs_that_go_on_are_named_before_the_outcome_and_the_first_thing_to_do_stands_last():
    left = status("a:SUCCEEDED b:RUNNING c:PENDING d:NOT_SUBMITTED", outcome="interrupted")
    assert end(left, note="what has been submitted goes on") == (
        "jobs that go on:\n"
        "    b RUNNING id-b\n"
        "    c PENDING id-c\n"
        f"run {RUN} interrupted after 1 min 15 s: 4 jobs, 1 succeeded, 1 not submitted, 2 not finished\n"
        "  what has been submitted goes on\n"
        f"  kedro-batch cancel {RUN}  end all of it\n"
        f"  kedro-batch resume {RUN}  submit what has not succeeded\n"
        f"  kedro-batch wait {RUN}    follow it to its end\n"
    )


def test_who_takes_a_run_up_again_reads_how_long_the_run_took_and_how_long_the_command():
    done = replace(status("a:SUCCEEDED", outcome="succeeded"), run_seconds=11_520.0)
    told = end(done, seconds=240, continued=True)
    assert f"\nrun {RUN} succeeded after 3 h 12 min (this command: 4 min 0 s): 1 job, 1 succeeded\n" in told
    assert f"\nrun {RUN} succeeded after 3 h 12 min: 1 job" in end(done, seconds=240)


@pytest.mark.parametrize("verbose", [False, True])
def test_text_from_outside_cannot_drive_a_terminal(verbose):
    one = failure(reason=EVIL, cause="exit", log=EVIL, log_tail=(EVIL,), log_problem=EVIL)
    one = replace(one, exception=EVIL, exception_cause=EVIL, node=EVIL)
    told = end(status("train:FAILED", one), journal=EVIL, note=EVIL, verbose=verbose)
    assert all(line.isprintable() and len(line) < LONGEST_LINE for line in told.split("\n"))

from dataclasses import replace
from typing import Any

import pytest

from kedro_batch.review.run.outcome import SeenStatus, failure_text, outcome_text
from kedro_batch.review.run.status import FailureStatus, JobStatus, RunStatus
from kedro_batch.text.escaping import for_terminal
from kedro_batch.text.wording import counted, duration

RUN = "261122-161507-k3f7"
JOURNAL = ".kedro-batch/journal.db"


def status(states: str, *failures: FailureStatus, engine: str = "aws", outcome: str | None = "failed") -> RunStatus:
    """Make a status of states such as ``a:SUCCEEDED b:NOT_SUBMITTED``; what was submitted has an id."""
    pairs = [one.split(":") for one in states.split()]
    counts: dict[str, int] = {}
    for _, state in pairs:
        counts[state] = counts.get(state, 0) + 1
    return RunStatus(
        run=RUN,
        plan_digest="sha256:0",
        engine=engine,
        location={},
        began_at="2026-11-22T16:15:07+00:00",
        outcome=outcome,
        counts=dict(sorted(counts.items())),
        failures=failures,
        jobs=tuple(
            JobStatus(job=job, state=state, submission=1, job_id=None if state == "NOT_SUBMITTED" else f"id-{job}")
            for job, state in pairs
        ),
    )


def failure(job: str = "train", **given: Any) -> FailureStatus:
    return FailureStatus(**{"job": job, "state": "FAILED", "submission": 1, **given})


def text(one: RunStatus, **more: Any) -> str:
    return outcome_text(one, journal=JOURNAL, **more)


def test_a_journal_that_does_not_have_the_run_is_not_named():
    assert "journal:" in text(status("train:FAILED"))
    assert "journal:" not in text(status("train:FAILED"), seen=SeenStatus(recorded=False))


def test_a_run_that_succeeded_takes_two_lines():
    done = status("a:SUCCEEDED b:SUCCEEDED c:SUCCEEDED", outcome="succeeded")
    assert text(done) == (
        "run 261122-161507-k3f7 succeeded, as last seen: 3 jobs, 3 succeeded\n  journal: .kedro-batch/journal.db\n"
    )


def test_a_failure_is_told_with_its_reason_its_log_and_how_many_it_kept_from_running():
    one = failure(
        reason="Essential container in task exited",
        cause="exit",
        advice="not shown: the exit code speaks for itself",
        exit_code=3,
        log="logs/train.1.1.log",
        log_tail=("ok so far", "\x1b[31mboom\x1b[0m\x07"),
        not_run=("score", "tell"),
    )
    assert text(status("a:SUCCEEDED train:FAILED score:NOT_RUN tell:NOT_RUN", one, engine="local")) == (
        "run 261122-161507-k3f7 failed, as last seen: 4 jobs, 1 succeeded, 1 failed, 2 will not run\n"
        "\n"
        "train failed: exit code 3\n"
        "  log: logs/train.1.1.log\n"
        "  | ok so far\n"
        "  | boom\\x07\n"
        "  not run because of it (2): score, tell\n"
        "  kedro-batch resume 261122-161507-k3f7  submit what has not succeeded\n"
        "  journal: .kedro-batch/journal.db\n"
    )


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        ({}, ["train failed"]),
        (
            {"cause": "out_of_memory", "advice": "Give it more memory", "exit_code": 137, "reason": "killed"},
            ["train failed (out of memory): killed; exit code 137", "  Give it more memory"],
        ),
        (
            {"cause": "spot", "attempts": 3, "submission": 2, "reason": "Host EC2 terminated."},
            ["train failed (spot): Host EC2 terminated; after 3 attempts; submission 2"],
        ),
        ({"cause": "unknown", "advice": "none", "exit_code": 0}, ["train failed: exit code 0"]),
        (
            {"state": "LOST"},
            [
                "train was lost: the service knows it no longer",
                "  it may have done its work: if running it twice does harm, look at its data first",
            ],
        ),
        (
            {"log": "train/default/1", "log_problem": "its log is empty"},
            ["train failed", "  log: train/default/1", "  its log is empty"],
        ),
    ],
)
def test_the_headline_of_a_failure_says_all_that_is_known(given, lines):
    one = failure(**given)
    told = text(status(f"train:{one.state}", one)).split("\n\n")[1]
    assert told.splitlines()[: len(lines)] == lines
    assert told.splitlines()[len(lines)].startswith("  kedro-batch resume")


RAISED: dict[str, Any] = {
    "reason": "exited",
    "cause": "exit",
    "exit_code": 1,
    "exception": "ValueError: no x",
    "exception_cause": "KeyError: 'x'",
    "log": "somewhere",
    "log_tail": ('  File "nodes.py", line 1, in f', "ValueError: no x"),
}


def test_the_exception_comes_before_the_log_and_what_several_jobs_failed_with_is_told_once():
    names = ["a", "b", "c"]
    alike = [failure(name, node="n", not_run=(f"below_{name}",), **RAISED) for name in names]
    run = status("a:FAILED b:FAILED c:FAILED below_a:NOT_RUN below_b:NOT_RUN below_c:NOT_RUN", *alike)
    assert (
        text(run)
        .split("\n\n")[1]
        .startswith(
            "a failed: exited; exit code 1\n"
            "  ValueError: no x\n"
            "  after KeyError: 'x'\n"
            "  in node n\n"
            "  failed in the same way (2): b, c\n"
            "  log: somewhere\n"
            '  |   File "nodes.py", line 1, in f\n'
            "  | ValueError: no x\n"
            "  not run because of it (3): below_a, below_b, below_c\n"
            "  kedro-batch resume "
        )
    )


def test_as_an_exception_a_failed_run_is_told_with_that_of_each_job():
    told = failure_text(
        status("a:FAILED b:FAILED", failure("a", **RAISED), failure("b", reason="killed")), journal=JOURNAL
    )
    assert told == (
        f"run {RUN} failed: 2 failed\n"
        "  a failed: exited; exit code 1\n"
        "    ValueError: no x\n"
        "  b failed: killed\n"
        f"To submit what has not succeeded: kedro-batch resume {RUN}"
    )


def test_what_has_not_ended_is_listed_and_what_can_be_done_with_it():
    left = status("a:SUCCEEDED b:RUNNING c:PENDING d:NOT_SUBMITTED", outcome="interrupted")
    seen = SeenStatus(unfinished=("b RUNNING id-b", "c PENDING id-c"))
    assert text(left, seen=seen) == (
        "run 261122-161507-k3f7 interrupted, as last seen: "
        "4 jobs, 1 succeeded, 1 not submitted, 2 not finished\n"
        "    b RUNNING id-b\n"
        "    c PENDING id-c\n"
        "  kedro-batch wait 261122-161507-k3f7    follow it to its end\n"
        "  kedro-batch resume 261122-161507-k3f7  submit what has not succeeded\n"
        "  kedro-batch cancel 261122-161507-k3f7  end all of it\n"
        "  journal: .kedro-batch/journal.db\n"
    )


@pytest.mark.parametrize(
    ("states", "engine", "outcome", "commands"),
    [
        ("a:SUCCEEDED", "aws", "succeeded", []),
        ("a:RUNNING", "aws", "detached", ["wait", "cancel"]),
        ("a:RUNNING b:FAILED", "aws", "interrupted", ["wait", "resume", "cancel"]),
        ("a:SUCCEEDED b:LOST", "aws", "failed", ["resume"]),
        ("a:NOT_SUBMITTED", "aws", "stopped", ["resume"]),
        ("a:RUNNING", "local", "interrupted", ["resume"]),
    ],
)
def test_the_commands_that_lead_on_depend_on_what_is_left(states, engine, outcome, commands):
    lines = text(status(states, engine=engine, outcome=outcome)).splitlines()
    told = [line.split()[1] for line in lines if line.startswith("  kedro-batch ")]
    assert told == commands


@pytest.mark.parametrize("engine", ["aws", "local"])
@pytest.mark.parametrize(
    ("states", "outcome", "commands"),
    [
        ("a:RUNNING b:FAILED", None, ["status --watch", "cancel"]),
        ("a:FAILED b:NOT_SUBMITTED", "interrupted", ["status --watch", "cancel"]),
        ("a:FAILED b:NOT_RUN", None, ["status --watch"]),
        ("a:RUNNING b:CANCELLED", "cancelled", ["status", "cancel"]),
    ],
)
def test_while_a_process_works_on_a_run_no_command_is_named_that_its_lock_refuses(engine, states, outcome, commands):
    lines = text(status(states, engine=engine, outcome=outcome), seen=SeenStatus(worked_on=True)).splitlines()
    told = [line.replace(f" {RUN}", "").split("  ")[1] for line in lines if line.startswith("  kedro-batch ")]
    assert told == [f"kedro-batch {command}" for command in commands]


@pytest.mark.parametrize(
    ("outcome", "headline"), [(None, "has not ended, as last seen"), ("detached", "detached, as last seen")]
)
def test_a_status_from_the_journal_says_so(outcome, headline):
    told = text(status("a:RUNNING", outcome=outcome))
    assert told.startswith(f"run {RUN} {headline}: 1 job, 1 not finished\n")


def test_long_lists_are_cut_with_a_count():
    many = tuple(f"n{number:02}" for number in range(14))
    states = " ".join(["a:LOST", *(f"{name}:NOT_RUN" for name in many)])
    told = text(status(states, failure("a", state="LOST", not_run=many)))
    assert "  not run because of it (14): n00, n01, n02, n03, n04, n05, n06, n07, n08, n09 and 4 more\n" in told
    told = text(status(" ".join(f"{name}:FAILED" for name in many), *map(failure, many)))
    assert "\nn09 failed\n" in told
    assert "\n\nand 4 more failures: n10, n11, n12, n13\n" in told


EVIL = "a\x1b]0;title\x07b\u202ed\x9b1m\rrun x succeeded"


def test_text_from_outside_cannot_drive_a_terminal():
    one = failure(reason=EVIL, cause="exit", log=EVIL, log_tail=(EVIL,), log_problem=EVIL)
    one = replace(one, exception=EVIL, exception_cause=EVIL, node=EVIL)
    told = outcome_text(status("train:FAILED", one), journal=EVIL)
    assert all(line.isprintable() for line in told.split("\n"))
    assert told.count("succeeded") == 10  # nine times in the text from outside, and once of our own


def test_what_is_harmless_is_shown_as_it_is():
    assert for_terminal("a\x1b]0;title\x07b\tc\x9b1m\u202ed") == r"a\x1b]0;title\x07b" + "\tc" + r"\x9b1m\u202ed"
    assert for_terminal("\x1b[31mr\xf6d\x1b[0m") == "r\xf6d"


def test_durations_are_spelled_in_two_units_at_most():
    assert [duration(s) for s in (0.04, 9.96, 41, 200, 7500)] == [
        "0.0 s",
        "10.0 s",
        "41 s",
        "3 min 20 s",
        "2 h 5 min",
    ]


def test_counts_know_their_plural():
    assert [counted(n, "job") for n in (0, 1, 2)] == ["0 jobs", "1 job", "2 jobs"]


def test_a_run_that_ended_is_told_with_how_long_it_took():
    done = replace(status("a:SUCCEEDED", outcome="succeeded"), run_seconds=11_520.0)
    assert text(done).startswith(f"run {RUN} succeeded after 3 h 12 min, as last seen: 1 job")


def test_a_job_on_aws_has_a_link_to_its_page_or_its_id():
    one = replace(status("train:FAILED", failure(job_id="8f")), location={"region": "eu-west-1"})
    page = "https://eu-west-1.console.aws.amazon.com/batch/home?region=eu-west-1#jobs/detail/8f"
    assert f"\n  job: {page}\n" in text(one)
    assert f"\n  job: \x1b]8;;{page}\x1b\\8f\x1b]8;;\x1b\\\n" in text(one, links=True)
    assert "\n  job: 8f\n" in text(replace(one, location={}))
    assert "8f" not in text(replace(one, engine="local"))


def test_the_more_jobs_failed_the_less_of_each_log_is_shown():
    tail = tuple(f"line {number}" for number in range(30))
    for jobs, lines in ((1, 30), (2, 30), (3, 20), (10, 6), (50, 6)):
        names = [f"n{number:02}" for number in range(jobs)]
        told = text(status(" ".join(f"{one}:FAILED" for one in names), *(failure(one, log_tail=tail) for one in names)))
        assert told.count("  | ") == lines * min(jobs, 10)
        assert told.count("  | line 29\n") == min(jobs, 10)


def test_data_that_are_gone_are_named_with_the_command_that_makes_them_again():
    one = failure(not_found=("model",), run_again=("fit",))
    told = text(status("fit:SUCCEEDED train:FAILED", one))
    assert "\n  model is not there, though fit wrote it: run fit again, as below. If it is lost once more" in told
    assert f"\n  kedro-batch resume {RUN} --from fit  submit what has not succeeded, and run fit" in told


@pytest.mark.parametrize(
    ("code", "on_aws", "here"),
    [
        (137, "memory_mib", "  if this machine ran out of memory, run fewer jobs at once: --max-workers 1"),
        (127, "PATH", ""),
    ],
)
def test_on_this_machine_no_advice_speaks_of_images_or_of_memory_to_give(code, on_aws, here):
    one = failure(cause="exit", exit_code=code, advice=on_aws)
    assert text(status("train:FAILED", one)).splitlines()[3] == f"  {on_aws}"
    told = text(status("train:FAILED", one, engine="local"))
    assert on_aws not in told
    assert here in told


CHANGED = f"kedro-batch resume {RUN} --new-plan PLAN"


@pytest.mark.parametrize(
    ("causes", "engine", "order"),
    [
        (["out_of_memory", "refused"], "aws", ["changed", "same"]),
        (["out_of_memory", "exit"], "aws", ["same", "changed"]),
        (["stuck"], "aws", ["same", "changed"]),
        (["exit"], "aws", []),
    ],
)
def test_what_needs_other_settings_names_a_new_plan_first_if_nothing_else_helps(causes, engine, order):
    failures = [failure(f"job_{number}", cause=cause, reason="why") for number, cause in enumerate(causes)]
    told = text(status(" ".join(f"{one.job}:FAILED" for one in failures), *failures, engine=engine))
    steps = [line for line in told.splitlines() if line.startswith("  kedro-batch resume")]
    assert ["changed" if line.startswith(f"  {CHANGED}") else "same" for line in steps] == (order or ["same"])
    assert [line for line in steps if line.endswith("with the same settings")] == [
        line for line in steps if order and CHANGED not in line
    ]


def test_a_new_plan_gives_no_memory_to_what_was_killed_on_this_machine():
    killed = failure(cause="exit", exit_code=137)
    assert CHANGED in text(status("train:FAILED", killed))
    assert CHANGED not in text(status("train:FAILED", killed, engine="local"))

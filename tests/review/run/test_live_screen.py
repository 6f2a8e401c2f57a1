"""The screen of a run, as golden text: ``tests/golden/screens/NAME.txt``. To write the files again, and then read them:

UPDATE_GOLDEN=1 pytest --no-cov tests/review/run/test_live_screen.py
"""

import os
import re
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId
from kedro_batch.review.run.expected_end import ExpectedEnd
from kedro_batch.review.run.live_screen import Screen, live_screen
from kedro_batch.review.run.progress import Progress
from kedro_batch.review.run.progress_words import NO_ESTIMATE, Estimate
from kedro_batch.submitter.events import JobChanged, JobSubmitted, Notice, NoticeKind
from kedro_batch.submitter.job_state import FAILURES, JobRecord, JobState
from tests.support.progress import BEGAN_AT, HEAD, NOW, RunUntil, started

GOLDEN = Path(__file__).parent.parent.parent / "golden" / "screens"
SMALL = Screen(width=80, height=24, zone=UTC)
LARGE = Screen(width=200, height=50, zone=UTC)
SCREENS = {"80x24": SMALL, "200x50": LARGE}


def check(name: str, lines: tuple[Text, ...]) -> None:
    file = GOLDEN / f"{name}.txt"
    text = "".join(f"{line.plain.rstrip()}\n" for line in lines)
    if os.environ.get("UPDATE_GOLDEN") and not (file.exists() and file.read_text() == text):
        file.write_text(text)
        pytest.fail(f"wrote {file.name}: read it as a user would, then test again without UPDATE_GOLDEN")
    assert text == file.read_text()


def estimate(run: RunUntil) -> Estimate:
    usual = {name: 300.0 + 20.0 * (number % 30) for number, name in enumerate(run.parents)}
    return Estimate(
        expected_end=ExpectedEnd(at=NOW + 1_500, earliest=NOW + 1_200, latest=NOW + 2_400, runs=4, slots=12),
        usual_s=usual,
    )


@pytest.mark.parametrize("size", SCREENS)
@pytest.mark.parametrize(("jobs", "fail"), [(9, 0.0), (200, 0.02), (2_000, 0.005)])
def test_one_screen_shows_a_run_of_any_size(size, jobs, fail):
    run = RunUntil(jobs, 0.4, fail=fail, slots=3 if jobs < 10 else 60)
    told = NO_ESTIMATE if jobs < 10 else estimate(run)
    check(f"{jobs}_jobs_{size}", live_screen(run.followed, HEAD, SCREENS[size], NOW, told))


def taken_up(jobs: int) -> RunUntil:
    """Return a run with failures that another command takes up."""
    return RunUntil(jobs, 0.4, fail={9: 0.1, 200: 0.02, 2_000: 0.005}[jobs], slots=3 if jobs < 10 else 60)


@pytest.mark.parametrize("size", SCREENS)
def test_before_wait_has_looked_the_screen_shows_what_the_journal_has(size):
    head = replace(HEAD, location={"account": "123456789012", "region": "eu-central-1"})
    check(f"before_wait_has_looked_{size}", live_screen(taken_up(200).from_journal, head, SCREENS[size], NOW))
    local = live_screen(taken_up(200).from_journal, replace(HEAD, location={"folder": "/x"}), SCREENS[size], NOW)
    assert "on this machine" in "".join(line.plain for line in local[:2])


@pytest.mark.parametrize("size", SCREENS)
@pytest.mark.parametrize("jobs", [9, 200, 2_000])
def test_after_wait_the_screen_shows_at_once_what_is_known(size, jobs):
    run = taken_up(jobs)
    progress = run.from_journal
    progress.on_event(started(jobs, continued=True), NOW - 4)
    check(f"after_wait_{jobs}_jobs_{size}", live_screen(progress, HEAD, SCREENS[size], NOW, estimate(run)))


@pytest.mark.parametrize("size", SCREENS)
@pytest.mark.parametrize("jobs", [9, 200, 2_000])
def test_after_resume_what_has_succeeded_counts_and_what_failed_is_submitted_again(size, jobs):
    run = taken_up(jobs)
    progress = run.from_journal
    progress.on_event(started(jobs, continued=True), NOW - 4)
    again = run.state.jobs_in(FAILURES | {JobState.NOT_RUN})
    assert again
    for name in again:
        before = run.state.state(name)
        progress.on_event(
            JobChanged(job=name, job_id=None, submission=2, before=before, after=JobState.NOT_SUBMITTED), NOW - 3
        )
    assert not progress.failed
    if (jobs, size) == (200, "80x24"):
        check("while_resume_submits_80x24", live_screen(progress, HEAD, SMALL, NOW))
    for number, name in enumerate(again):
        progress.on_event(JobSubmitted(job=name, job_id=JobId(f"id-2-{number}"), submission=2), NOW - 2)
    check(f"after_resume_{jobs}_jobs_{size}", live_screen(progress, HEAD, SCREENS[size], NOW, estimate(run)))


def test_while_the_service_cannot_be_asked_nothing_is_counted_as_if_it_were_known():
    run = RunUntil(200, 0.4)
    progress = run.followed
    progress.on_event(Notice(kind=NoticeKind.TROUBLE, message="cannot call DescribeJobs"), NOW - 40)
    lines = live_screen(progress, HEAD, SMALL, NOW, estimate(run))
    check("as_of_80x24", lines)
    later = live_screen(progress, HEAD, SMALL, NOW + 600, estimate(run))
    differing = [number for number, (one, two) in enumerate(zip(lines, later, strict=True)) if one.plain != two.plain]
    assert differing == [2]  # how long ago it began
    progress.on_event(Notice(kind=NoticeKind.RECOVERED, message="AWS Batch answers again"), NOW)
    assert "as of" not in "\n".join(line.plain for line in live_screen(progress, HEAD, SMALL, NOW))


def test_a_run_that_is_only_watched_is_told_as_of_the_last_look():
    progress = RunUntil(200, 0.4).followed
    watched = replace(HEAD, tells_age=True)

    def times() -> str:
        return live_screen(progress, watched, LARGE, NOW)[1].plain

    assert times() == "began 13:02, 1 h 2 min ago"
    progress.on_answered(NOW - 25)
    assert times() == "began 13:02, 1 h 2 min ago, as of 14:03:45"
    progress.on_event(Notice(kind=NoticeKind.TROUBLE, message="cannot call DescribeJobs"), NOW)
    assert times() == "began 13:02, 1 h 2 min ago; as of 14:03:45: nothing newer is known"


def test_a_terminal_without_block_elements_and_colours_can_be_read_too():
    run = RunUntil(200, 0.4, fail=0.02)
    lines = live_screen(run.followed, HEAD, replace(SMALL, unicode=False), NOW)
    check("ascii_80x24", lines)
    assert "".join(line.plain for line in lines).isascii()


def test_each_count_has_the_colour_of_its_part_of_the_bar():
    run = RunUntil(200, 0.4, fail=0.02)
    lines = live_screen(run.followed, HEAD, LARGE, NOW)
    counts = next(line for line in lines if "succeeded" in line.plain)
    styled = {counts.plain[span.start : span.end].split()[-1]: str(span.style) for span in counts.spans}
    assert styled == {"succeeded": "green", "running": "cyan", "run": "bold red", "jobs": "dim"}
    assert str(counts.style) == ""


MANY_STATES = {
    JobState.SUCCEEDED: 1_111,
    JobState.RUNNING: 222,
    JobState.STARTING: 33,
    JobState.RUNNABLE: 44,
    JobState.SUBMITTED: 55,
    JobState.PENDING: 1_234,
    JobState.NOT_SUBMITTED: 66,
    JobState.UNCONFIRMED: 77,
    JobState.FAILED: 8,
    JobState.LOST: 9,
    JobState.CANCELLED: 11,
    JobState.NOT_RUN: 2_222,
}


@pytest.mark.parametrize(("width", "height"), [(40, 14), (60, 12), (80, 24), (120, 50), (200, 50)])
@pytest.mark.parametrize("unicode", [True, False])
def test_counts_add_up_to_all_jobs_however_small_the_screen_is(width, height, unicode):
    records = {
        JobName(f"job_{state}_{number:04}"): JobRecord(state=state)
        for state, count in MANY_STATES.items()
        for number in range(count)
    }
    (above, *_) = (name for name, one in records.items() if one.state is JobState.RUNNING)
    parents = {name: (above,) if one.state is JobState.PENDING else () for name, one in records.items()}
    progress = Progress(parents, records)
    screen = Screen(width=width, height=height, zone=UTC, unicode=unicode)
    end = ExpectedEnd(at=NOW + 1_500, earliest=NOW + 1_200, latest=NOW + 2_400, runs=4, slots=12)
    told = Estimate(expected_end=end, usual_s={})
    lines = [line.plain for line in live_screen(progress, HEAD, screen, NOW, told)]
    bar = next(number for number, line in enumerate(lines) if line.startswith("["))
    counts = lines[bar + 1 : lines.index("")] if "" in lines else lines[bar + 1 :]
    assert sum(int(one.replace(",", "")) for one in re.findall(r"[\d,]*\d", " ".join(counts))) == len(records)
    assert all(len(line) <= width for line in counts)


def test_a_name_is_cut_only_if_it_would_take_the_room_of_what_stands_behind_it():
    name = JobName("candidate_modelling_pipeline-train_model_node")
    progress = Progress({name: ()}, {name: JobRecord(state=JobState.SUBMITTED)})
    running = JobChanged(job=name, job_id=JobId("1"), submission=1, before=JobState.STARTING, after=JobState.RUNNING)
    progress.on_event(running, NOW - 65)
    usual = Estimate(expected_end=None, usual_s={name: 725.0})
    assert live_screen(progress, HEAD, SMALL, NOW, usual)[-1].plain == f"  {name}  1 min 5 s  usually 12 min 5 s"
    failed = replace(running, before=JobState.RUNNING, after=JobState.FAILED, reason="no")
    progress.on_event(failed, BEGAN_AT)
    assert live_screen(progress, HEAD, SMALL, NOW)[-1].plain == f"  {name}  13:02:05  no"
    progress.on_event(replace(failed, reason="a longer reason, that says what has happened"), BEGAN_AT)
    told = live_screen(progress, HEAD, SMALL, NOW)[-1].plain
    assert told == "  candidate_modellin...-train_model_node  13:02:05  a longer reason, that says …"
    progress.on_event(replace(failed, reason="pandas.errors.MergeError: keys are not unique"), BEGAN_AT)
    told = live_screen(progress, HEAD, SMALL, NOW)[-1].plain
    assert told == "  candidate_modellin...-train_model_node  13:02:05  MergeError: keys are not un…"
    assert live_screen(progress, HEAD, LARGE, NOW)[-1].plain.endswith("  pandas.errors.MergeError: keys are not unique")


@pytest.mark.parametrize(
    ("width", "left", "words"),
    [
        (60, 600, "14:14 (in 10 min); likely 14:09 to 14:24"),
        (80, 12 * 3_600, "2026-11-23 02:04 (in 12 h 0 min); likely 20:04 to 2026-11-23 14:04"),
    ],
)
def test_neither_what_the_run_is_nor_what_its_expected_end_is_made_of_is_cut(width, left, words):
    run = RunUntil(200, 0.4)
    end = ExpectedEnd(at=NOW + left, earliest=NOW + left / 2, latest=NOW + 2 * left, runs=10, slots=1_200)
    told = Estimate(expected_end=end, usual_s={})
    lines = [
        line.plain for line in live_screen(run.followed, HEAD, Screen(width=width, height=24, zone=UTC), NOW, told)
    ]
    top = " ".join(lines[: next(number for number, line in enumerate(lines) if line.startswith("["))])
    assert top == (
        "run nightly-42, plan spaceflights __default__ sha256:2322fb9a, account 123456789012, eu-central-1, "
        "queues on-demand, spot began 13:02, 1 h 2 min ago; "
        f"expected to end at {words}, by 10 earlier runs; at most 1,200 jobs at once"
    )


def test_a_job_that_may_have_run_for_longer_is_said_to():
    run = RunUntil(9, 0.4, slots=3)
    (name,) = run.state.jobs_in([JobState.RUNNING])[:1]
    progress = Progress(run.parents, {name: JobRecord(state=JobState.SUBMITTED)})
    progress.on_event(
        JobChanged(job=name, job_id=JobId("1"), submission=1, before=JobState.SUBMITTED, after=JobState.RUNNING),
        NOW - 65,
    )
    assert live_screen(progress, HEAD, SMALL, NOW - 65)[-1].plain == f"  {name}"  # nothing is known yet
    assert live_screen(progress, HEAD, SMALL, NOW - 64)[-1].plain == f"  {name}  over 1 s"
    assert live_screen(progress, HEAD, SMALL, NOW)[-1].plain == f"  {name}  over 1 min 5 s"
    progress.on_began(name, NOW - 3_600)
    assert live_screen(progress, HEAD, SMALL, NOW)[-1].plain == f"  {name}  1 h 0 min"


RUNS = [RunUntil(jobs, done, fail=fail) for jobs, done, fail in ((1, 0, 0), (40, 0.5, 0.1), (300, 0.7, 0.05))]


@given(
    run=st.sampled_from(RUNS),
    width=st.integers(20, 240),
    height=st.integers(2, 70),
    unicode=st.booleans(),
    trouble=st.booleans(),
)
def test_a_screen_is_never_larger_than_its_terminal(run, width, height, unicode, trouble):
    progress = run.followed
    if trouble:
        progress.on_event(Notice(kind=NoticeKind.TROUBLE, message="x"), NOW)
    screen = Screen(width=width, height=height, zone=UTC, unicode=unicode)
    lines = live_screen(progress, HEAD, screen, NOW, estimate(run))
    assert 1 <= len(lines) <= height - 1
    assert all(cell_len(line.plain) <= width for line in lines)


def test_tabs_wide_and_combining_characters_keep_each_failure_in_one_line():
    name = JobName("fit")
    progress = Progress({name: ()}, {name: JobRecord(state=JobState.RUNNING)})
    reason = "ValueError:\t\ttrain\ttest\t" + "\u4e2d\u0301" * 200
    failed = JobChanged(
        job=name, job_id=JobId("1"), submission=1, before=JobState.RUNNING, after=JobState.FAILED, reason=reason
    )
    progress.on_event(failed, BEGAN_AT)
    line = live_screen(progress, HEAD, SMALL, NOW)[-1].plain
    assert "ValueError:  train test " in line
    assert cell_len(line) <= 80


def test_names_and_reasons_of_any_length_keep_their_beginning_and_names_their_end():
    name = JobName("fit_" + "x" * 120 + "_017")
    progress = Progress({name: ()}, {name: JobRecord(state=JobState.SUBMITTED)})
    running = JobChanged(job=name, job_id=JobId("1"), submission=1, before=JobState.SUBMITTED, after=JobState.RUNNING)
    progress.on_event(running, NOW)
    line = live_screen(progress, HEAD, SMALL, NOW)[-1].plain
    assert line.startswith("  fit_xxx")
    assert "..." in line
    assert line.endswith("x_017")
    reason = "\x1b]0;owned\x07" + "y" * 5_000
    failed = replace(running, before=JobState.RUNNING, after=JobState.FAILED, reason=reason)
    progress.on_event(failed, BEGAN_AT)
    line = live_screen(progress, HEAD, SMALL, NOW)[-1].plain
    assert line.isprintable()
    assert cell_len(line) == 80

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.plan.model import JobName
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.submitter.job_state import JobState
from kedro_batch.submitter.reconcile.duplicates import (
    Deduplicated,
    Discovered,
    FoundJob,
    deduplicate,
    deduplicate_with_data,
    discover,
    jobs_with_duplicates,
    kept_instead,
    reason_to_terminate,
)
from kedro_batch.submitter.service.api import JobSummary, job_summary

RUN = RunId("nightly")
A, B, C = map(JobName, "abc")
CHAIN = {A: (), B: (A,), C: (B,)}
S = JobState


def summary(name: str, job_id: str, status: str = "RUNNING", created_at: int = 0, **more: str) -> JobSummary:
    reply = {
        "jobId": job_id,
        "jobName": name,
        "status": status,
        "createdAt": created_at,
        "statusReason": more.get("reason"),
    }
    return job_summary(reply)


def discovered(*rows: str) -> Discovered:
    """Discover jobs by rows such as ``a1 id RUNNING``, the oldest first; ``a1`` is the first submission of ``a``."""
    summaries = []
    for age, row in enumerate(rows):
        name, job_id, status = row.split()
        summaries.append(summary(f"nightly_{name[0]}_{name[1:]}", job_id, status, age))
    return discover(RUN, CHAIN, summaries)


def outcome(deduplicated: Deduplicated) -> tuple[dict[str, str], dict[str, str | None]]:
    """Give the ids that are kept, and those to be terminated with what is kept instead."""
    kept = {str(job): str(copy.job_id) for job, copy in deduplicated.kept.items()}
    return kept, {str(copy.job_id): instead for copy, instead in deduplicated.duplicates}


def settled_so(rows: str, **depends_on: str) -> tuple[dict[str, str], dict[str, str | None]]:
    links = {JobId(one): [JobId(above) for above in parents.split()] for one, parents in depends_on.items()}
    return outcome(deduplicate(discovered(*filter(None, map(str.strip, rows.split(",")))), CHAIN, links))


def test_a_name_tells_run_job_and_attempt_and_other_runs_are_passed_over():
    found = discover(
        RUN,
        CHAIN,
        [
            summary("nightly_a_12", "1", "FAILED", 7, reason="why"),
            summary("nightly-2_a_1", "2"),  # ListJobs gives what begins so, in any case of letters
            summary("NIGHTLY_a_1", "3"),
            summary("nightly_a", "4"),
            summary("nightly_a_0", "5"),
            summary("nightly_x_1", "6"),
            summary("nightly_A_1", "7"),
        ],
    )
    copy = FoundJob(job=A, submission=12, job_id=JobId("1"), state=S.FAILED, status=None, created_at_ms=7, reason="why")
    assert found == Discovered(jobs={A: (copy,)}, foreign_jobs=("nightly_A_1", "nightly_x_1"))
    assert not copy.live
    assert not copy.counts


def test_what_is_listed_twice_on_two_pages_counts_once_with_what_was_said_last():
    found = discover(RUN, CHAIN, [summary("nightly_a_1", "1", "RUNNING"), summary("nightly_a_1", "1", "SUCCEEDED")])
    assert [(copy.job_id, copy.state) for copy in found.jobs[A]] == [("1", S.SUCCEEDED)]
    assert jobs_with_duplicates(found) == ()


def test_copies_come_by_age_and_then_by_id():
    found = discover(
        RUN, CHAIN, [summary("nightly_a_1", one, created_at=at) for one, at in (("z", 1), ("y", 2), ("x", 1))]
    )
    assert [copy.job_id for copy in found.jobs[A]] == ["x", "z", "y"]


@pytest.mark.parametrize(
    ("rows", "kept", "duplicates"),
    [
        ("", {}, {}),
        ("a1 1 RUNNING", {"a": "1"}, {}),
        ("a1 1 RUNNABLE, a1 2 RUNNING", {"a": "1"}, {"2": "1"}),
        ("a1 1 RUNNABLE, a1 2 SUCCEEDED", {"a": "2"}, {"1": "2"}),
        ("a1 1 SUCCEEDED, a1 2 SUCCEEDED", {"a": "1"}, {}),
        ("a1 1 FAILED, a1 2 RUNNING", {"a": "2"}, {}),
        ("a1 1 RUNNING, a1 2 FAILED", {"a": "1"}, {}),
        ("a1 1 FAILED, a1 2 FAILED", {"a": "2"}, {}),
        ("a1 1 FAILED, a2 2 FAILED", {"a": "2"}, {}),
        ("a2 1 FAILED, a1 2 FAILED", {"a": "1"}, {}),  # the later submission is the one of the greater number
        ("a1 1 SUCCEEDED, a2 2 RUNNING", {"a": "2"}, {}),  # run again on purpose
        ("a1 1 RUNNING, a2 2 RUNNING", {"a": "1"}, {"2": "1"}),
        ("a1 1 RUNNING, a1 2 RUNNING, a1 3 RUNNING", {"a": "1"}, {"2": "1", "3": "1"}),
    ],
)
def test_the_oldest_is_kept_that_runs_or_has_run_the_node(rows, kept, duplicates):
    assert settled_so(rows) == (kept, duplicates)


def test_what_depends_on_a_terminated_job_is_terminated_with_it():
    rows = "a1 a1 RUNNING, a1 a2 RUNNABLE, b1 b2 PENDING, b1 b1 PENDING, c1 c2 PENDING"
    assert settled_so(rows, b2="a2", b1="a1", c2="b2") == (
        {"a": "a1", "b": "b1"},
        {"a2": "a1", "b2": "b1", "c2": None},  # nothing stands for c: it is to be submitted anew
    )


def test_what_depends_on_a_failed_job_gives_way_to_what_depends_on_the_kept_one():
    rows = "a1 a1 FAILED, a1 a2 RUNNING, b1 b1 PENDING, b1 b2 PENDING"
    assert settled_so(rows, b1="a1", b2="a2") == ({"a": "a2", "b": "b2"}, {"b1": "b2"})


def test_a_second_job_that_has_succeeded_harms_nobody_who_waited_for_it():
    rows = "a1 a1 SUCCEEDED, a1 a2 SUCCEEDED, b1 b1 RUNNING, b1 b2 RUNNABLE"
    assert settled_so(rows, b1="a2", b2="a1") == ({"a": "a1", "b": "b1"}, {"b2": "b1"})


def test_of_two_that_have_succeeded_the_older_stands_also_before_a_job_that_waits_for_the_other_is_terminated():
    rows = "a1 a1 RUNNING, a1 a2 SUCCEEDED, b1 b1 SUCCEEDED, b1 b2 SUCCEEDED, c1 c1 {}"
    assert settled_so(rows.format("PENDING"), a1="", a2="", b1="", b2="", c1="a1 b2") == (
        {"a": "a2", "b": "b1"},
        {"a1": "a2", "c1": None},
    )
    assert settled_so(rows.format("FAILED"), a1="", a2="", b1="", b2="", c1="a1 b2") == (
        {"a": "a2", "b": "b1"},
        {"a1": "a2"},
    )


@pytest.mark.parametrize(
    ("rows", "started", "kept", "terminated", "lost_data"),
    [
        ("a2 1 RUNNING, a2 2 RUNNING", "1 2", {}, {"1", "2"}, {"a": "2"}),
        ("a1 1 RUNNING, a2 2 RUNNING", "1 2", {}, {"1", "2"}, {"a": "2"}),
        ("a2 1 SUCCEEDED, a2 2 RUNNING", "1 2", {}, {"2"}, {"a": "2"}),
        ("a2 1 SUCCEEDED, a2 2 FAILED", "1 2", {}, set(), {"a": "2"}),  # whoever terminated it came no further
        ("a1 1 RUNNING, a2 2 FAILED", "1 2", {}, {"1"}, {"a": "2"}),
        ("a3 1 SUCCEEDED, a2 2 RUNNING", "1 2", {}, {"2"}, {"a": "2"}),
        ("a2 1 SUCCEEDED, a2 2 FAILED, a3 3 RUNNING", "1 2 3", {"a": "3"}, set(), {}),
        ("a2 1 RUNNING, a2 2 RUNNABLE", "1", {"a": "1"}, {"2"}, {}),  # it has removed nothing
        ("a1 1 RUNNING, a1 2 RUNNING", "1 2", {"a": "1"}, {"2"}, {}),  # a first submission removes nothing
        ("a1 1 RUNNING, a1 2 RUNNING", "1 22", {}, {"1", "2"}, {"a": "2"}),  # but its second attempt does
        ("a2 1 SUCCEEDED, a2 2 SUCCEEDED", "1 2", {"a": "1"}, set(), {}),  # both have saved everything
        ("a2 1 FAILED, a2 2 FAILED", "1 2", {"a": "2"}, set(), {}),  # it runs again anyway
    ],
)
def test_no_job_stands_for_a_node_if_a_repeated_submission_may_have_removed_its_data(
    rows, started, kept, terminated, lost_data
):
    attempts = {JobId(one[0]): len(one) for one in started.split()}
    result = deduplicate_with_data(discovered(*rows.split(", ")), CHAIN, {}, (), attempts)
    assert outcome(result)[0] == kept
    assert {one.job_id for one, _ in result.duplicates} == terminated
    assert result.lost_data == lost_data
    assert result.orphans == set(lost_data)


def test_what_waits_for_a_job_that_lost_data_is_submitted_again_too():
    found = discovered("a2 a1 SUCCEEDED", "a2 a2 RUNNING", "b2 b1 RUNNING")
    links = {JobId("b1"): [JobId("a1")]}
    result = deduplicate_with_data(found, CHAIN, links, (), dict.fromkeys(map(JobId, ("a1", "a2", "b1")), 1))
    assert result.orphans == {"a", "b"}
    assert {one.job_id for one, _ in result.duplicates} == {"a2", "b1"}
    assert result.lost_data == {"a": "a2"}


def test_whatever_is_below_a_job_of_another_version_is_submitted_again_however_far_and_whatever_became_of_it():
    found = discovered("a1 a0 SUCCEEDED", "a1 a9 SUCCEEDED", "b1 b0 SUCCEEDED", "c1 c0 SUCCEEDED")
    links = {JobId("b0"): [JobId("a9")], JobId("c0"): [JobId("b0")]}
    deduplicated = deduplicate(found, CHAIN, links, {JobId("a9")})
    assert outcome(deduplicated) == ({"a": "a0"}, {})
    assert deduplicated.orphans == {B, C}


def test_an_older_submission_stands_if_the_newer_one_was_terminated_in_its_favour_and_it_has_succeeded_since():
    def found(job_id: str, submission: int, status: str, reason: str = "") -> JobSummary:
        return summary(f"nightly_a_{submission}", job_id, status, submission, reason=reason)

    dropped = found("newer", 2, "FAILED", reason_to_terminate(JobId("older")))
    ended = [found("older", 1, "SUCCEEDED"), dropped]
    assert outcome(deduplicate(discover(RUN, CHAIN, ended), CHAIN, {})) == ({"a": "older"}, {})
    # What was run again and failed by itself has the last word.
    again = [found("older", 1, "SUCCEEDED"), found("newer", 2, "FAILED", "exit code 1")]
    assert outcome(deduplicate(discover(RUN, CHAIN, again), CHAIN, {})) == ({"a": "newer"}, {})


def test_only_jobs_that_are_or_were_doubled_have_to_be_looked_up():
    found = discovered(
        "a1 1 RUNNING", "a1 2 RUNNING", "b1 3 PENDING", "c1 4 FAILED", "c1 5 PENDING", "d1 6 FAILED", "d2 7 RUNNING"
    )
    assert {copy.job_id for copy in jobs_with_duplicates(found)} == {"1", "2", "4", "5"}
    found = discovered("a1 1 RUNNING", "a2 2 FAILED")
    assert {copy.job_id for copy in jobs_with_duplicates(found)} == {"1", "2"}


@st.composite
def services(draw: st.DrawFn) -> tuple[dict[JobName, tuple[JobName, ...]], list[JobSummary], dict[JobId, list[JobId]]]:
    """Draw a plan, its jobs on a service where many were submitted more than once, and what these depend on."""
    parents: dict[JobName, tuple[JobName, ...]] = {}
    summaries: list[JobSummary] = []
    depends_on: dict[JobId, list[JobId]] = {}
    ids: dict[JobName, list[JobId]] = {}
    states: dict[JobId, JobState] = {}
    for index in range(draw(st.integers(1, 6))):
        job = JobName(f"n{index}")
        above = draw(st.sets(st.sampled_from(sorted(parents)))) if parents else set()
        parents[job] = tuple(sorted(above))
        ids[job] = []
        for copy in range(draw(st.integers(0, 3)) if all(ids[one] for one in above) else 0):
            job_id = JobId(f"{job}-{copy}")
            ids[job].append(job_id)
            links = [draw(st.sampled_from(ids[one])) for one in parents[job]]
            may_have_begun = all(states[one] is S.SUCCEEDED for one in links)
            begun = [S.RUNNING, S.SUCCEEDED] if may_have_begun else []
            states[job_id] = draw(st.sampled_from([*begun, S.PENDING, S.FAILED]))
            depends_on[job_id] = [one for one in links if states[one] is not S.SUCCEEDED or draw(st.booleans())]
            submission, created_at = draw(st.integers(1, 2)), draw(st.integers(0, 5))
            summaries.append(summary(f"nightly_{job}_{submission}", job_id, states[job_id], created_at))
    return parents, summaries, depends_on


@given(services(), st.randoms(use_true_random=False))
def test_one_job_stands_for_each_node_and_depends_on_what_is_kept_whoever_looks(service, shuffle: random.Random):
    parents, summaries, depends_on = service
    found = discover(RUN, parents, summaries)
    result = deduplicate(found, parents, depends_on)
    states = {one.job_id: one.state for one in summaries}
    kept = {copy.job_id for copy in result.kept.values()}
    terminated = {copy.job_id for copy, _ in result.duplicates}
    assert not kept & terminated
    for job, found_jobs in found.jobs.items():
        standing = [copy for copy in found_jobs if copy.live and copy.job_id not in terminated]
        assert len(standing) <= 1
        assert all(copy.job_id in kept for copy in standing)
        newest = max(copy.submission for copy in found_jobs)
        if job not in result.kept:
            assert all(copy.job_id in terminated or not copy.counts or copy.submission < newest for copy in found_jobs)
    for copy, instead in result.duplicates:
        assert copy.live
        assert instead == (result.kept[copy.job].job_id if copy.job in result.kept else None)
    for copy in result.kept.values():
        if copy.live:
            assert all(one in kept or states[one] is S.SUCCEEDED for one in depends_on[copy.job_id])
    shuffle.shuffle(summaries)
    again = deduplicate(discover(RUN, parents, summaries), parents, depends_on)
    assert (again.kept, set(again.duplicates)) == (result.kept, set(result.duplicates))
    # Who comes later, when the duplicates have been terminated, finds nothing more to do.
    reasons = {one.job_id: reason_to_terminate(instead) for one, instead in result.duplicates}
    summaries = [
        replace(one, state=S.FAILED, reason=reasons[one.job_id]) if one.job_id in reasons else one for one in summaries
    ]
    deduplicated = deduplicate(discover(RUN, parents, summaries), parents, depends_on)
    assert deduplicated.duplicates == ()
    assert {job: copy.job_id for job, copy in result.kept.items()}.items() <= {
        job: copy.job_id for job, copy in deduplicated.kept.items()
    }.items()
    assert result.orphans <= deduplicated.orphans  # whoever comes later submits them, if the first one was killed


@pytest.mark.parametrize("kept", [JobId("id-1"), None])
def test_a_duplicate_is_terminated_for_a_reason_that_the_other_process_understands(kept):
    assert kept_instead(reason_to_terminate(kept)) == kept
    assert kept_instead("somebody else's reason") is None
    assert kept_instead("") is None

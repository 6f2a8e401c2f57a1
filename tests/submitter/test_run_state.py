import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.plan.graph import topological_order
from kedro_batch.plan.model import JobName, Parents
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.job_state import (
    ENDED,
    FAILURES,
    STARTED,
    TRANSITIONS,
    JobRecord,
    JobState,
    Transition,
    state_of,
)
from kedro_batch.submitter.run_state import RunState
from kedro_batch.submitter.service.api import job_detail

S = JobState
A, B, C, D, E = map(JobName, "abcde")


def plan(**parents: str) -> Parents:
    graph = {JobName(name): tuple(map(JobName, above.split())) for name, above in parents.items()}
    return {name: graph[name] for name in topological_order(graph)}


DIAMOND = plan(d="b c", b="a", c="a", a="", e="")


def submit_all(run_state: RunState) -> list[str]:
    order: list[str] = []
    while (name := run_state.pop_ready()) is not None:
        run_state.submitted(name, JobId(f"id-{name}"))
        order.append(name)
    return order


def see(run_state: RunState, name: str, state: JobState) -> list[tuple[str, JobState]]:
    return [(change.job, change.record.state) for change in run_state.seen(JobName(name), state)]


def frontier(run_state: RunState) -> set[JobName]:
    return {name for name in run_state.records if run_state.on_frontier(name)}


def all_ready(run_state: RunState) -> list[JobName]:
    names = []
    while (name := run_state.pop_ready()) is not None:
        names.append(name)
    return names


def test_jobs_are_submitted_parents_first_without_waiting_for_anyone():
    assert submit_all(RunState(DIAMOND, {})) == ["a", "b", "c", "d", "e"]


def test_a_job_is_offered_once_and_again_only_when_it_is_given_back():
    run_state = RunState(DIAMOND, {})
    assert all_ready(run_state) == ["a", "e"]
    assert run_state.pop_ready() is None
    run_state.intend(E)
    run_state.not_sent(E)
    run_state.not_sent(D)  # it was never about to be sent
    assert all_ready(run_state) == ["e"]
    run_state.submitted(E, JobId("1"))
    run_state.not_sent(E)
    assert not run_state.has_ready


def test_only_jobs_whose_parents_have_succeeded_are_asked_about():
    run_state = RunState(DIAMOND, {})
    submit_all(run_state)
    assert run_state.pop_new_on_frontier() == ["a", "e"]
    assert run_state.pop_new_on_frontier() == []
    see(run_state, "a", S.SUCCEEDED)
    assert run_state.pop_new_on_frontier() == ["b", "c"]
    assert frontier(run_state) == {"b", "c", "e"}


def test_what_has_ended_before_anybody_looked_does_not_come_to_the_frontier():
    run_state = RunState(plan(a=""), {})
    submit_all(run_state)
    see(run_state, "a", S.SUCCEEDED)
    assert run_state.pop_new_on_frontier() == []


def test_a_failure_blocks_what_is_below_and_nothing_else():
    run_state = RunState(DIAMOND, {})
    submit_all(run_state)
    see(run_state, "a", S.SUCCEEDED)
    failed, blocked = run_state.seen(B, S.FAILED)
    assert (failed.job, failed.record.state, failed.record.blocked_by) == ("b", S.FAILED, None)
    assert (blocked.job, blocked.record.state, blocked.record.blocked_by) == ("d", S.NOT_RUN, "b")
    assert run_state.record(D) == JobRecord(state=S.NOT_RUN, job_id=JobId("id-d"), blocked_by=B)
    assert frontier(run_state) == {"c", "e"}
    see(run_state, "c", S.SUCCEEDED)
    see(run_state, "e", S.SUCCEEDED)
    assert run_state.ended
    assert not run_state.succeeded
    assert run_state.counts == {S.SUCCEEDED: 3, S.FAILED: 1, S.NOT_RUN: 1}


def test_what_is_below_a_failure_is_not_submitted():
    run_state = RunState(DIAMOND, {})
    assert run_state.pop_ready() == "a"
    run_state.submitted(A, JobId("1"))
    see(run_state, "a", S.FAILED)
    assert submit_all(run_state) == ["e"]
    see(run_state, "e", S.SUCCEEDED)
    assert run_state.ended


def test_a_parent_known_to_have_succeeded_is_left_out_of_the_dependencies():
    run_state = RunState(plan(a="", b="", c="a b"), {})
    for name in (A, B):
        assert run_state.pop_ready() == name
        run_state.submitted(name, JobId(f"id-{name}"))
    assert run_state.live_parent_ids(C) == ("id-a", "id-b")
    see(run_state, "a", S.SUCCEEDED)
    assert run_state.live_parent_ids(C) == ("id-b",)
    run_state.submitted(C, JobId("id-c"))
    assert frontier(run_state) == {"b"}
    see(run_state, "b", S.SUCCEEDED)
    assert frontier(run_state) == {"c"}


def test_seeing_the_same_again_changes_nothing():
    run_state = RunState(plan(a=""), {})
    submit_all(run_state)
    assert see(run_state, "a", S.RUNNING) == [("a", S.RUNNING)]
    assert see(run_state, "a", S.RUNNING) == []
    assert run_state.any_live
    see(run_state, "a", S.SUCCEEDED)
    assert see(run_state, "a", S.RUNNING) == []
    assert run_state.succeeded
    assert run_state.live == ()


def test_below_a_lost_job_what_is_submitted_is_followed_and_the_rest_is_not_run():
    run_state = RunState(plan(a="", b="a", c="b"), {})
    for name in (A, B):
        assert run_state.pop_ready() == name
        run_state.submitted(name, JobId(name))
    assert see(run_state, "a", S.LOST) == [("a", S.LOST)]
    assert frontier(run_state) == {"b"}
    assert see(run_state, "b", S.LOST) == [("b", S.LOST), ("c", S.NOT_RUN)]
    assert run_state.ended


@pytest.mark.parametrize("started", [S.STARTING, S.RUNNING, S.SUCCEEDED])
def test_a_job_that_has_started_proves_that_the_lost_jobs_above_it_have_succeeded(started):
    run_state = RunState(plan(a="", b="a", c="b"), {})
    submit_all(run_state)
    see(run_state, "a", S.LOST)
    see(run_state, "b", S.LOST)
    assert see(run_state, "c", S.RUNNABLE) == [("c", S.RUNNABLE)]
    assert see(run_state, "c", started) == [("a", S.SUCCEEDED), ("b", S.SUCCEEDED), ("c", started)]
    see(run_state, "c", S.SUCCEEDED)
    assert run_state.succeeded


def test_what_a_lost_job_kept_from_being_submitted_runs_after_all_once_it_is_proven():
    run_state = RunState(plan(a="", b="a", c="a", d="c", e="a", x=""), {})
    for name in (A, B):
        assert run_state.pop_ready() == name
        run_state.submitted(name, JobId(name))
    run_state.intend(E)  # its reply is still to come
    assert see(run_state, "a", S.LOST) == [("a", S.LOST), ("c", S.NOT_RUN), ("d", S.NOT_RUN), ("e", S.NOT_RUN)]
    run_state.load(run_state.records)
    assert see(run_state, "b", S.RUNNING)[:3] == [("a", S.SUCCEEDED), ("c", S.NOT_SUBMITTED), ("d", S.NOT_SUBMITTED)]
    assert run_state.state(E) is S.NOT_RUN  # it may be there: nobody sends it again
    assert all_ready(run_state) == ["c", "x"]
    run_state.submitted(C, JobId("c"))
    assert all_ready(run_state) == ["d"]
    assert frontier(run_state) == {"b", "c"}


def test_what_waits_for_two_lost_jobs_runs_when_both_are_proven():
    run_state = RunState(plan(a="", b="a", c="a d", d="", e="d"), {})
    order = [run_state.pop_ready() for _ in range(2)]
    assert order == ["a", "d"]
    for name in (A, D, B, E):
        run_state.submitted(name, JobId(name))
    see(run_state, "a", S.LOST)
    see(run_state, "d", S.LOST)
    assert see(run_state, "b", S.RUNNING) == [("a", S.SUCCEEDED), ("b", S.RUNNING)]
    assert run_state.record(C).blocked_by == "d"
    assert ("c", S.NOT_SUBMITTED) in see(run_state, "e", S.RUNNING)
    assert C in all_ready(run_state)


def test_a_job_that_has_failed_proves_what_is_above_it_only_if_it_has_started():
    for started in (True, False):
        run_state = RunState(plan(a="", b="a"), {})
        submit_all(run_state)
        see(run_state, "a", S.LOST)
        run_state.seen(B, S.FAILED, started=started)
        assert run_state.state(A) is (S.SUCCEEDED if started else S.LOST)


def test_a_job_that_has_started_proves_a_parent_whose_end_nobody_saw_by_its_id():
    run_state = RunState(plan(a="", b="a"), {})
    submit_all(run_state)
    assert [(one.job, one.record.state) for one in run_state.seen(B, S.RUNNING, depends_on=[JobId("id-a")])] == [
        ("a", S.SUCCEEDED),
        ("b", S.RUNNING),
    ]
    assert frontier(run_state) == {"b"}


def test_a_job_is_not_lost_when_one_below_it_has_started():
    run_state = RunState(plan(a="", b="a"), {})
    submit_all(run_state)
    see(run_state, "b", S.SUCCEEDED)  # it waited for another job of the node a
    assert run_state.state(A) is S.SUBMITTED
    assert see(run_state, "a", S.LOST) == [("a", S.SUCCEEDED)]


def test_a_job_that_has_started_says_nothing_about_a_later_submission_of_a_job_above_it():
    records = {A: JobRecord(state=S.LOST, job_id=JobId("2"), submission=2)}
    records[B] = JobRecord(state=S.RUNNABLE, job_id=JobId("1"))
    run_state = RunState(plan(a="", b="a"), records)
    assert see(run_state, "b", S.SUCCEEDED) == [("b", S.SUCCEEDED)]
    assert run_state.state(A) is S.LOST
    assert [one.job for one in run_state.seen(B, S.SUCCEEDED, depends_on=[JobId("2")])] == ["a"]


def test_what_has_not_begun_is_given_up_and_what_is_at_work_may_end():
    run_state = RunState(plan(a="", b="", c="", d="b", e="c"), {})
    for name in (A, B, C, D):
        run_state.submitted(name, JobId(name))
    see(run_state, "b", S.RUNNING)
    see(run_state, "c", S.RUNNABLE)
    see(run_state, "a", S.FAILED)
    given_up = run_state.give_up_what_has_not_begun(A)
    assert [(one.job, one.before, one.record.blocked_by) for one in given_up] == [
        ("c", S.RUNNABLE, "a"),
        ("d", S.SUBMITTED, "a"),
        ("e", S.NOT_SUBMITTED, "a"),
    ]
    assert run_state.live == ("b",)
    assert all_ready(run_state) == []
    assert see(run_state, "b", S.SUCCEEDED) == [("b", S.SUCCEEDED)]
    assert run_state.ended


def test_a_run_that_is_taken_up_goes_on_where_it_stands():
    records = {
        A: JobRecord(state=S.SUCCEEDED, job_id=JobId("1")),
        B: JobRecord(state=S.RUNNING, job_id=JobId("2"), submission=2),
        E: JobRecord(state=S.FAILED, job_id=JobId("3")),
    }
    run_state = RunState(DIAMOND, records)
    assert run_state.pop_new_on_frontier() == ["b"]
    assert run_state.live == ("b",)
    assert (run_state.record(B).submission, run_state.record(C).submission, run_state.record(C).job_id) == (2, 1, None)
    assert submit_all(run_state) == ["c", "d"]
    assert run_state.live_parent_ids(D) == ("2", "id-c")
    assert run_state.record(D).submission == 1


def test_only_the_chosen_jobs_are_offered():
    records = {A: JobRecord(state=S.SUCCEEDED, job_id=JobId("1"))}
    run_state = RunState(DIAMOND, records, only={C, D})
    assert submit_all(run_state) == ["c"]  # d waits for b, which is not to be submitted
    run_state.intend(B)
    run_state.not_sent(B)
    assert not run_state.has_ready


def test_a_job_whose_success_is_only_known_by_hearsay_holds_nobody_back():
    run_state = RunState(plan(a="", b="a"), {A: JobRecord(state=S.SUCCEEDED)})
    assert submit_all(run_state) == ["b"]
    assert run_state.live_parent_ids(B) == ()
    assert frontier(run_state) == {"b"}


@pytest.mark.parametrize("stops", [S.FAILED, S.LOST])
def test_a_job_whose_submission_is_under_way_when_its_parent_ends_badly_is_not_run(stops):
    run_state = RunState(plan(a="", b="a", c="b"), {})
    run_state.submitted(A, JobId("1"))
    assert run_state.pop_ready() == "b"
    assert see(run_state, "a", stops) == [("a", stops), ("b", S.NOT_RUN), ("c", S.NOT_RUN)]
    assert run_state.submitted(B, JobId("2")).record.state is S.NOT_RUN
    assert run_state.record(B) == JobRecord(state=S.NOT_RUN, job_id=JobId("2"), blocked_by=A)
    assert run_state.ended
    assert run_state.live == ()


def test_a_job_whose_submission_is_under_way_when_everything_is_given_up_is_not_run():
    run_state = RunState(plan(a="", b=""), {})
    assert all_ready(run_state) == ["a", "b"]
    run_state.submitted(A, JobId("1"))
    see(run_state, "a", S.FAILED)
    run_state.give_up_what_has_not_begun(A)
    run_state.submitted(B, JobId("2"))
    assert run_state.record(B) == JobRecord(state=S.NOT_RUN, job_id=JobId("2"), blocked_by=A)
    assert run_state.ended


GRAPHS = st.integers(1, 8).flatmap(
    lambda size: st.tuples(
        *(st.sets(st.sampled_from([f"n{one}" for one in range(index)] or ["none"])) for index in range(size))
    )
)


def as_parents(graph: tuple[set[str], ...]) -> dict[str, str]:
    return {f"n{index}": " ".join(sorted(above - {"none"})) for index, above in enumerate(graph)}


PROVED = (S.LOST, S.SUCCEEDED)
ENDS = [S.FAILED, S.SUCCEEDED, S.LOST]
NEXT = {
    S.SUBMITTED: [*ENDS, S.RUNNABLE, S.RUNNING, S.UNKNOWN],
    S.RUNNABLE: [*ENDS, S.STARTING, S.RUNNING],
    S.STARTING: [*ENDS, S.RUNNING],
    S.RUNNING: [*ENDS, S.UNKNOWN],
    S.UNKNOWN: ENDS,
}


class Life:
    """A run that random events happen to, and what it has promised until now."""

    def __init__(self, parents: dict[str, str]) -> None:
        self.plan = plan(**parents)
        self.parents = {JobName(name): [JobName(one) for one in above.split()] for name, above in parents.items()}
        self.run_state = RunState(self.plan, {})
        self.offered: set[JobName] = set()
        self.under_way: set[JobName] = set()
        self.on_frontier: set[JobName] = set()
        self.ended: dict[JobName, JobState] = {}
        self.proved: set[JobName] = set()

    def events(self) -> list[tuple[str, JobName | None]]:
        possible: list[tuple[str, JobName | None]] = [("reply", name) for name in sorted(self.under_way)]
        sent = [name for name in sorted(self.under_way) if self.run_state.state(name) is S.SUBMITTING]
        possible += [("lost reply", name) for name in sent]
        possible += [("see", name) for name in sorted(frontier(self.run_state))]
        return [*possible, ("offer", None)] if self.run_state.has_ready else possible

    def happen(self, data: st.DataObject, event: str, name: JobName | None) -> None:
        if name is None:
            fresh = self.run_state.pop_ready()
            assert fresh is not None
            assert fresh not in self.offered
            self.offered.add(fresh)
            self.under_way.add(fresh)
            self.run_state.intend(fresh)
            for parent in self.parents[fresh]:
                assert self.run_state.record(parent).job_id or self.run_state.state(parent) is S.SUCCEEDED
        elif event == "lost reply":
            self.run_state.not_confirmed(name)
        elif event == "reply":
            self.under_way.discard(name)
            self.run_state.submitted(name, JobId(f"id-{name}"))
        else:
            state = data.draw(st.sampled_from(NEXT[self.run_state.state(name)]))
            for change in self.run_state.seen(name, state):
                self.changed(change)
                if change.before is S.LOST:
                    self.proved.add(change.job)
                if change.record.state is S.NOT_RUN:
                    assert change.record.blocked_by == name
        for new in self.run_state.pop_new_on_frontier():
            assert new not in self.on_frontier
            self.on_frontier.add(new)

    def changed(self, change: Transition) -> None:
        if change.record.state is S.NOT_SUBMITTED:  # what kept it from being sent has succeeded
            assert self.ended.pop(change.job) is S.NOT_RUN
            assert change.job not in self.offered
        if change.record.state in ENDED:
            assert change.job not in self.ended or (change.before, change.record.state) == PROVED
            self.ended[change.job] = change.record.state

    def check(self) -> None:
        run_state = self.run_state
        states = [run_state.state(name) for name in run_state.records]
        assert run_state.counts == {state: states.count(state) for state in set(states)}
        assert run_state.ended == all(state in ENDED for state in states)
        assert run_state.any_live == bool(run_state.live)
        assert frontier(run_state) <= self.on_frontier
        for name in run_state.records:
            above = [run_state.state(parent) for parent in self.parents[name]]
            if run_state.state(name) in {S.SUCCEEDED, S.FAILED, *STARTED}:
                assert set(above) <= {S.SUCCEEDED, S.LOST}

    def taken_up(self) -> RunState:
        return RunState(self.plan, self.run_state.records)


@given(GRAPHS, st.data())
def test_whatever_happens_each_job_is_offered_once_and_ends_once_for_a_reason(graph, data):
    life = Life(as_parents(graph))
    while possible := life.events():
        assert not life.run_state.ended or all(event == "reply" for event, _ in possible)
        life.happen(data, *data.draw(st.sampled_from(possible)))
        life.check()
    assert life.run_state.ended  # nothing can change, and so it has ended
    for name, above in life.parents.items():
        if name not in life.offered:
            assert life.ended[name] is S.NOT_RUN
            assert any(life.run_state.state(parent) is not S.SUCCEEDED or parent in life.proved for parent in above)


@given(GRAPHS, st.integers(0, 25), st.data())
def test_a_run_that_is_taken_up_stands_as_one_that_was_lived_through(graph, steps, data):
    life = Life(as_parents(graph))
    for _ in range(steps):
        if possible := life.events():
            life.happen(data, *data.draw(st.sampled_from(possible)))
    lived, fresh = life.run_state, life.taken_up()
    assert (fresh.counts, fresh.ended, fresh.live) == (lived.counts, lived.ended, lived.live)
    assert set(fresh.pop_new_on_frontier()) == frontier(fresh) == frontier(lived)
    assert sorted(all_ready(fresh)) == sorted(all_ready(lived))
    assert [fresh.live_parent_ids(name) for name in lived.records] == [
        lived.live_parent_ids(name) for name in lived.records
    ]


def test_a_status_of_the_service_that_nobody_knows_is_alive_and_shown_as_the_service_spells_it():
    run_state = RunState(plan(a="", b="a"), {})
    submit_all(run_state)
    assert state_of("HIBERNATING") is state_of("LOST") is state_of("CANCELLED") is S.UNKNOWN
    (transition,) = run_state.seen(A, S.UNKNOWN, status="HIBERNATING")
    assert (transition.record.state, transition.record.status) == (S.UNKNOWN, "HIBERNATING")
    assert run_state.seen(A, S.UNKNOWN, status="HIBERNATING") == ()
    (transition,) = run_state.seen(A, S.UNKNOWN, status="WAKING")
    assert run_state.any_live
    assert frontier(run_state) == {"a"}
    see(run_state, "a", S.SUCCEEDED)
    assert run_state.record(A).status is None
    assert frontier(run_state) == {"b"}


def test_a_transition_that_the_table_does_not_have_is_a_bug():
    assert TRANSITIONS.keys() == set(S)
    run_state = RunState(plan(a=""), {})
    with pytest.raises(ValueError, match="a cannot go from NOT_SUBMITTED to UNCONFIRMED"):
        run_state.seen(A, S.UNCONFIRMED)


@pytest.mark.parametrize("status", ["HIBERNATING", "", 5, None])
def test_whatever_the_service_says_of_a_state_is_text_from_its_door_on(status):
    detail = job_detail({"jobId": "1", "jobName": "r_a_1", "status": status})
    assert (detail.state, detail.status) == (S.UNKNOWN, str(status))


def test_what_cancel_has_terminated_is_cancelled_and_what_a_person_ended_elsewhere_has_failed():
    assert state_of("FAILED", "kedro-batch: cancelled") is S.CANCELLED
    assert state_of("FAILED", "stopped by hand in the console") is state_of("FAILED") is S.FAILED
    assert state_of("SUCCEEDED", "kedro-batch: cancelled") is S.SUCCEEDED


def test_what_is_below_a_cancelled_job_is_cancelled_with_it_and_none_of_it_is_a_failure():
    run_state = RunState(DIAMOND, {})
    submit_all(run_state)
    see(run_state, "a", S.CANCELLED)
    assert run_state.counts == {S.CANCELLED: 4, S.SUBMITTED: 1}
    assert run_state.jobs_in(FAILURES) == []


def test_what_is_being_submitted_when_a_run_is_cancelled_is_cancelled_and_what_was_never_sent_is_not():
    run_state = RunState(plan(a="", b="", c="", d="", e="a"), {})
    for name in all_ready(run_state):
        run_state.intend(name)
    run_state.submitted(A, JobId("1"))
    run_state.submitted(B, JobId("2"))
    run_state.not_sent(D)
    see(run_state, "a", S.CANCELLED)
    run_state.give_up_what_has_not_begun(A)
    assert run_state.submitted(C, JobId("3")).record == JobRecord(state=S.CANCELLED, job_id=JobId("3"))
    states = {name: one.state for name, one in run_state.records.items()}
    assert states == {"a": S.CANCELLED, "b": S.CANCELLED, "c": S.CANCELLED, "d": S.NOT_SUBMITTED, "e": S.NOT_RUN}


def test_a_job_that_was_cancelled_with_its_run_and_cannot_be_terminated_goes_on():
    run_state = RunState(plan(a="", b=""), {})
    submit_all(run_state)
    see(run_state, "a", S.CANCELLED)
    run_state.give_up_what_has_not_begun(A)
    assert run_state.goes_on(B).before is S.CANCELLED
    assert run_state.live == (B,)

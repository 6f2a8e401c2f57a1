import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.plan.model import JobName, Plan
from kedro_batch.plan.submit_job import JobId
from kedro_batch.submitter.run_state import AT_WORK, ENDED, JobState, Progress, Standing
from tests.support.plans import a_job

S = JobState
A, B, C, D, E = map(JobName, "abcde")


def plan(**parents: str) -> Plan:
    return Plan(
        jobs=tuple(a_job(name, depends_on=tuple(map(JobName, above.split()))) for name, above in parents.items())
    )


DIAMOND = plan(d="b c", b="a", c="a", a="", e="")


def submit_all(progress: Progress) -> list[str]:
    order: list[str] = []
    while (name := progress.next_ready()) is not None:
        progress.submitted(name, JobId(f"id-{name}"))
        order.append(name)
    return order


def see(progress: Progress, name: str, state: JobState) -> list[tuple[str, JobState]]:
    return [(change.job, change.after) for change in progress.seen(JobName(name), state)]


def frontier(progress: Progress) -> set[JobName]:
    return {name for name in progress.names if progress.on_frontier(name)}


def all_ready(progress: Progress) -> list[JobName]:
    names = []
    while (name := progress.next_ready()) is not None:
        names.append(name)
    return names


def test_jobs_are_submitted_parents_first_without_waiting_for_anyone():
    assert submit_all(Progress(DIAMOND)) == ["a", "b", "c", "d", "e"]


def test_a_job_is_offered_once_and_again_only_when_it_is_given_back():
    progress = Progress(DIAMOND)
    assert all_ready(progress) == ["a", "e"]
    assert progress.next_ready() is None
    progress.offer(E)
    progress.offer(D)  # its parents have no ids
    assert all_ready(progress) == ["e"]
    progress.submitted(E, JobId("1"))
    progress.offer(E)
    assert not progress.has_ready


def test_only_jobs_whose_parents_have_succeeded_are_asked_about():
    progress = Progress(DIAMOND)
    submit_all(progress)
    assert progress.take_new_on_frontier() == ["a", "e"]
    assert progress.take_new_on_frontier() == []
    see(progress, "a", S.SUCCEEDED)
    assert progress.take_new_on_frontier() == ["b", "c"]
    assert frontier(progress) == {"b", "c", "e"}


def test_what_has_ended_before_anybody_looked_does_not_come_to_the_frontier():
    progress = Progress(plan(a=""))
    submit_all(progress)
    see(progress, "a", S.SUCCEEDED)
    assert progress.take_new_on_frontier() == []


def test_a_failure_blocks_what_is_below_and_nothing_else():
    progress = Progress(DIAMOND)
    submit_all(progress)
    see(progress, "a", S.SUCCEEDED)
    failed, blocked = progress.seen(B, S.FAILED)
    assert (failed.job, failed.after, failed.because) == ("b", S.FAILED, None)
    assert (blocked.job, blocked.after, blocked.because) == ("d", S.NOT_RUN, "b")
    assert progress.standing(D) == Standing(state=S.NOT_RUN, job_id=JobId("id-d"), because=B)
    assert frontier(progress) == {"c", "e"}
    see(progress, "c", S.SUCCEEDED)
    see(progress, "e", S.SUCCEEDED)
    assert progress.ended
    assert not progress.succeeded
    assert progress.counts == {S.SUCCEEDED: 3, S.FAILED: 1, S.NOT_RUN: 1}


def test_what_is_below_a_failure_is_not_submitted():
    progress = Progress(DIAMOND)
    assert progress.next_ready() == "a"
    progress.submitted(A, JobId("1"))
    see(progress, "a", S.FAILED)
    assert submit_all(progress) == ["e"]
    see(progress, "e", S.SUCCEEDED)
    assert progress.ended


def test_a_parent_known_to_have_succeeded_is_left_out_of_the_dependencies():
    progress = Progress(plan(a="", b="", c="a b"))
    for name in (A, B):
        assert progress.next_ready() == name
        progress.submitted(name, JobId(f"id-{name}"))
    assert progress.live_parent_ids(C) == ("id-a", "id-b")
    see(progress, "a", S.SUCCEEDED)
    assert progress.live_parent_ids(C) == ("id-b",)
    progress.submitted(C, JobId("id-c"))
    assert frontier(progress) == {"b"}
    see(progress, "b", S.SUCCEEDED)
    assert frontier(progress) == {"c"}


def test_seeing_the_same_again_changes_nothing():
    progress = Progress(plan(a=""))
    submit_all(progress)
    assert see(progress, "a", S.RUNNING) == [("a", S.RUNNING)]
    assert see(progress, "a", S.RUNNING) == []
    assert progress.any_live
    see(progress, "a", S.SUCCEEDED)
    assert see(progress, "a", S.RUNNING) == []
    assert progress.succeeded
    assert progress.live == ()


def test_below_a_lost_job_what_is_submitted_is_followed_and_the_rest_is_not_run():
    progress = Progress(plan(a="", b="a", c="b"))
    for name in (A, B):
        assert progress.next_ready() == name
        progress.submitted(name, JobId(name))
    assert see(progress, "a", S.LOST) == [("a", S.LOST)]
    assert frontier(progress) == {"b"}
    assert see(progress, "b", S.LOST) == [("b", S.LOST), ("c", S.NOT_RUN)]
    assert progress.ended


def test_what_has_not_begun_is_given_up_and_what_is_at_work_may_end():
    progress = Progress(plan(a="", b="", c="", d="b", e="c"))
    for name in (A, B, C, D):
        progress.submitted(name, JobId(name))
    see(progress, "b", S.RUNNING)
    see(progress, "c", S.RUNNABLE)
    see(progress, "a", S.FAILED)
    given_up = progress.give_up_what_has_not_begun(A)
    assert [(one.job, one.before, one.because) for one in given_up] == [
        ("c", S.RUNNABLE, "a"),
        ("d", S.SUBMITTED, "a"),
        ("e", S.WAITING, "a"),
    ]
    assert progress.live == ("b",)
    assert all_ready(progress) == []
    assert see(progress, "b", S.SUCCEEDED) == [("b", S.SUCCEEDED)]
    assert progress.ended


def test_a_run_that_is_taken_up_goes_on_where_it_stands():
    standing = {
        A: Standing(state=S.SUCCEEDED, job_id=JobId("1")),
        B: Standing(state=S.RUNNING, job_id=JobId("2"), attempt=2),
        E: Standing(state=S.FAILED, job_id=JobId("3")),
    }
    progress = Progress(DIAMOND, standing)
    assert progress.take_new_on_frontier() == ["b"]
    assert progress.live == ("b",)
    assert (progress.attempt(B), progress.attempt(C), progress.job_id(C)) == (2, 1, None)
    assert submit_all(progress) == ["c", "d"]
    assert progress.live_parent_ids(D) == ("2", "id-c")
    assert progress.attempt(D) == 1


def test_only_the_chosen_jobs_are_offered():
    standing = {A: Standing(state=S.SUCCEEDED, job_id=JobId("1"))}
    progress = Progress(DIAMOND, standing, only={C, D})
    assert submit_all(progress) == ["c"]  # d waits for b, which is not to be submitted
    progress.offer(B)
    assert not progress.has_ready


def test_a_job_whose_success_is_only_known_by_hearsay_holds_nobody_back():
    progress = Progress(plan(a="", b="a"), {A: Standing(state=S.SUCCEEDED)})
    assert submit_all(progress) == ["b"]
    assert progress.live_parent_ids(B) == ()
    assert frontier(progress) == {"b"}


@pytest.mark.parametrize("stops", [S.FAILED, S.LOST])
def test_a_job_whose_submission_is_under_way_when_its_parent_ends_badly_is_not_run(stops):
    progress = Progress(plan(a="", b="a", c="b"))
    progress.submitted(A, JobId("1"))
    assert progress.next_ready() == "b"
    assert see(progress, "a", stops) == [("a", stops), ("b", S.NOT_RUN), ("c", S.NOT_RUN)]
    assert progress.submitted(B, JobId("2")).after is S.NOT_RUN
    assert progress.standing(B) == Standing(state=S.NOT_RUN, job_id=JobId("2"), because=A)
    assert progress.ended
    assert progress.live == ()


def test_a_job_whose_submission_is_under_way_when_everything_is_given_up_is_not_run():
    progress = Progress(plan(a="", b=""))
    assert all_ready(progress) == ["a", "b"]
    progress.submitted(A, JobId("1"))
    see(progress, "a", S.FAILED)
    progress.give_up_what_has_not_begun(A)
    progress.submitted(B, JobId("2"))
    assert progress.standing(B) == Standing(state=S.NOT_RUN, job_id=JobId("2"), because=A)
    assert progress.ended


GRAPHS = st.integers(1, 8).flatmap(
    lambda size: st.tuples(
        *(st.sets(st.sampled_from([f"n{one}" for one in range(index)] or ["none"])) for index in range(size))
    )
)


def as_parents(graph: tuple[set[str], ...]) -> dict[str, str]:
    return {f"n{index}": " ".join(sorted(above - {"none"})) for index, above in enumerate(graph)}


ENDS = [S.FAILED, S.SUCCEEDED, S.LOST]
NEXT = {
    S.SUBMITTED: [*ENDS, S.RUNNABLE, S.RUNNING],
    S.RUNNABLE: [*ENDS, S.STARTING, S.RUNNING],
    S.STARTING: [*ENDS, S.RUNNING],
    S.RUNNING: ENDS,
}


class Life:
    """A run that random events happen to, and what it has promised until now."""

    def __init__(self, parents: dict[str, str]) -> None:
        self.plan = plan(**parents)
        self.parents = {JobName(name): [JobName(one) for one in above.split()] for name, above in parents.items()}
        self.progress = Progress(self.plan)
        self.offered: set[JobName] = set()
        self.under_way: set[JobName] = set()
        self.on_frontier: set[JobName] = set()
        self.ended: dict[JobName, JobState] = {}

    def events(self) -> list[tuple[str, JobName | None]]:
        possible: list[tuple[str, JobName | None]] = [("reply", name) for name in sorted(self.under_way)]
        possible += [("see", name) for name in sorted(frontier(self.progress))]
        return [*possible, ("offer", None)] if self.progress.has_ready else possible

    def happen(self, data: st.DataObject, event: str, name: JobName | None) -> None:
        if name is None:
            fresh = self.progress.next_ready()
            assert fresh is not None
            assert fresh not in self.offered
            self.offered.add(fresh)
            self.under_way.add(fresh)
            for parent in self.parents[fresh]:
                assert self.progress.job_id(parent) or self.progress.state(parent) is S.SUCCEEDED
        elif event == "reply":
            self.under_way.discard(name)
            self.progress.submitted(name, JobId(f"id-{name}"))
        else:
            state = data.draw(st.sampled_from(NEXT[self.progress.state(name)]))
            for change in self.progress.seen(name, state):
                if change.after in ENDED:
                    assert change.job not in self.ended
                    self.ended[change.job] = change.after
                if change.after is S.NOT_RUN:
                    assert change.because == name
        for new in self.progress.take_new_on_frontier():
            assert new not in self.on_frontier
            self.on_frontier.add(new)

    def check(self) -> None:
        progress = self.progress
        states = [progress.state(name) for name in progress.names]
        assert progress.counts == {state: states.count(state) for state in set(states)}
        assert progress.ended == all(state in ENDED for state in states)
        assert progress.any_live == bool(progress.live)
        assert frontier(progress) <= self.on_frontier
        for name in progress.names:
            above = [progress.state(parent) for parent in self.parents[name]]
            if progress.state(name) in {S.SUCCEEDED, S.FAILED, *AT_WORK}:
                assert set(above) <= {S.SUCCEEDED, S.LOST}

    def taken_up(self) -> Progress:
        return Progress(self.plan, {name: self.progress.standing(name) for name in self.progress.names})


@given(GRAPHS, st.data())
def test_whatever_happens_each_job_is_offered_once_and_ends_once_for_a_reason(graph, data):
    life = Life(as_parents(graph))
    while possible := life.events():
        assert not life.progress.ended or all(event == "reply" for event, _ in possible)
        life.happen(data, *data.draw(st.sampled_from(possible)))
        life.check()
    assert life.progress.ended  # nothing can change, and so it has ended
    for name, above in life.parents.items():
        if name not in life.offered:
            assert life.ended[name] is S.NOT_RUN
            assert any(life.progress.state(parent) is not S.SUCCEEDED for parent in above)


@given(GRAPHS, st.integers(0, 25), st.data())
def test_a_run_that_is_taken_up_stands_as_one_that_was_lived_through(graph, steps, data):
    life = Life(as_parents(graph))
    for _ in range(steps):
        if possible := life.events():
            life.happen(data, *data.draw(st.sampled_from(possible)))
    lived, fresh = life.progress, life.taken_up()
    waiting = {name for name in life.under_way if lived.state(name) is S.WAITING}
    assert (fresh.counts, fresh.ended, fresh.live) == (lived.counts, lived.ended, lived.live)
    assert set(fresh.take_new_on_frontier()) == frontier(fresh) == frontier(lived)
    assert sorted(all_ready(fresh)) == sorted({*all_ready(lived)} | waiting)
    assert [fresh.live_parent_ids(name) for name in lived.names] == [
        lived.live_parent_ids(name) for name in lived.names
    ]

from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.plan.model import JobName, Plan
from kedro_batch.plan.request import JobId
from kedro_batch.submitter.progress import ENDED, JobState, Progress
from tests.support.plans import a_job

S = JobState


def plan(**parents: str) -> Plan:
    return Plan(
        jobs=tuple(a_job(name, depends_on=tuple(map(JobName, above.split()))) for name, above in parents.items())
    )


DIAMOND = plan(d="b c", b="a", c="a", a="", e="")


def submit_all(progress: Progress) -> list[str]:
    order: list[str] = []
    while (name := progress.next_to_submit()) is not None:
        progress.submitted(name, JobId(f"id-{name}"))
        order.append(name)
    return order


def see(progress: Progress, name: str, state: JobState) -> list[tuple[str, JobState]]:
    return [(change.job, change.after) for change in progress.seen(JobName(name), state)]


def test_jobs_are_submitted_parents_first_without_waiting_for_anyone():
    assert submit_all(Progress(DIAMOND)) == ["a", "b", "c", "d", "e"]


def test_only_jobs_whose_parents_have_succeeded_are_asked_about():
    progress = Progress(DIAMOND)
    submit_all(progress)
    assert progress.frontier == ("a", "e")
    see(progress, "a", S.SUCCEEDED)
    assert set(progress.frontier) == {"e", "b", "c"}


def test_a_failure_blocks_what_is_below_and_nothing_else():
    progress = Progress(DIAMOND)
    submit_all(progress)
    see(progress, "a", S.SUCCEEDED)
    failed, blocked = progress.seen(JobName("b"), S.FAILED)
    assert (failed.job, failed.after, failed.because) == ("b", S.FAILED, None)
    assert (blocked.job, blocked.after, blocked.because) == ("d", S.NOT_RUN, "b")
    assert set(progress.frontier) == {"c", "e"}
    see(progress, "c", S.SUCCEEDED)
    see(progress, "e", S.SUCCEEDED)
    assert progress.ended
    assert progress.counts == {S.SUCCEEDED: 3, S.FAILED: 1, S.NOT_RUN: 1}


def test_what_is_below_a_failure_is_not_submitted():
    progress = Progress(DIAMOND)
    assert progress.next_to_submit() == "a"
    progress.submitted(JobName("a"), JobId("1"))
    see(progress, "a", S.FAILED)
    assert progress.next_to_submit() == "e"
    progress.submitted(JobName("e"), JobId("2"))
    assert progress.next_to_submit() is None
    see(progress, "e", S.SUCCEEDED)
    assert progress.ended


def test_a_parent_known_to_have_succeeded_is_left_out_of_the_dependencies():
    progress = Progress(plan(a="", b="", c="a b"))
    for name in ("a", "b"):
        assert progress.next_to_submit() == name
        progress.submitted(JobName(name), JobId(f"id-{name}"))
    see(progress, "a", S.SUCCEEDED)
    assert progress.live_parent_ids(JobName("c")) == ("id-b",)
    progress.submitted(JobName("c"), JobId("id-c"))
    assert progress.frontier == ("b",)
    see(progress, "b", S.SUCCEEDED)
    assert progress.frontier == ("c",)


def test_seeing_the_same_again_changes_nothing():
    progress = Progress(plan(a=""))
    submit_all(progress)
    assert see(progress, "a", S.RUNNING) == [("a", S.RUNNING)]
    assert see(progress, "a", S.RUNNING) == []
    see(progress, "a", S.SUCCEEDED)
    assert see(progress, "a", S.RUNNING) == []
    assert progress.frontier == ()


def test_below_a_lost_job_what_is_submitted_is_followed_and_the_rest_is_not_run():
    progress = Progress(plan(a="", b="a", c="b"))
    for name in ("a", "b"):
        assert progress.next_to_submit() == name
        progress.submitted(JobName(name), JobId(name))
    assert see(progress, "a", S.LOST) == [("a", S.LOST)]
    assert progress.frontier == ("b",)
    assert see(progress, "b", S.LOST) == [("b", S.LOST), ("c", S.NOT_RUN)]
    assert progress.ended


@given(st.data())
def test_every_run_ends_with_each_job_ended_once_for_a_reason(data):
    size = data.draw(st.integers(1, 8))
    names = [f"n{index}" for index in range(size)]
    parents = {
        name: " ".join(sorted(data.draw(st.sets(st.sampled_from(names[:index]))))) if index else ""
        for index, name in enumerate(names)
    }
    progress = Progress(plan(**parents))
    ended: dict[str, JobState] = {}
    while not progress.ended:
        can_submit = any(progress.state[JobName(name)] is S.WAITING for name in names)
        if can_submit and (not progress.frontier or data.draw(st.booleans())):
            new = progress.next_to_submit()
            assert new is not None
            assert all(progress.state[JobName(one)] in (*ENDED, S.SUBMITTED) for one in parents[new].split())
            progress.submitted(new, JobId(new))
        else:
            name = data.draw(st.sampled_from(progress.frontier))
            for change in progress.seen(name, data.draw(st.sampled_from([S.SUCCEEDED, S.FAILED]))):
                assert change.job not in ended
                ended[change.job] = change.after
    assert set(ended) == set(names)
    for name in names:
        above = [ended[one] for one in parents[name].split()]
        assert (ended[name] is S.NOT_RUN) == any(state is not S.SUCCEEDED for state in above)

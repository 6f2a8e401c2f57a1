"""What all jobs share, or a default has, is no change of one job: pictures do not paint it."""

from dataclasses import replace

from kedro_batch.plan.model import Plan
from kedro_batch.review.diff.common_changes import CommonChanges
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.pull_request import render_diff_markdown
from tests.support.plans import a_job

OLD = Plan(jobs=(a_job("a"), a_job("b", depends_on=("a",)), a_job("c", depends_on=("b",)), a_job("d")))


def timeouts(plan, seconds):
    """Return a plan whose jobs all have another timeout."""
    return replace(
        plan, jobs=tuple(replace(job, settings=replace(job.settings, timeout_s=seconds)) for job in plan.jobs)
    )


def comment(new):
    return render_diff_markdown(diff_plans(OLD, new), OLD, new, ("old.yaml", "plan.yaml"))


def test_only_jobs_with_a_change_of_their_own_are_painted_in_a_comment():
    jobs = timeouts(OLD, 600).jobs
    new = Plan(jobs=(replace(jobs[0], command=("y",)), *jobs[1:]))
    text = comment(new)
    assert 'j0["a"]:::changed' in text
    assert text.count(":::") == 1
    assert '["b"]' in text
    assert '["c"]' not in text, "it is no neighbour of what changed"
    common = CommonChanges(diff_plans(OLD, new), (OLD, new))
    assert [one.job for one in diff_plans(OLD, new).jobs if not common.are_all_of(one)] == ["a"]


def test_a_comment_has_no_graph_if_no_job_has_a_change_of_its_own():
    text = comment(timeouts(OLD, 600))
    assert "4 of 4 jobs changed" in text
    assert "mermaid" not in text
    assert "raph" not in text

from kedro_batch.plan.model import JobName
from kedro_batch.plan.reader import read_plan
from kedro_batch.review.run.new_plan import new_plan_text
from tests.support.plans import write_plan


def plan_of(folder, **extra):
    file = write_plan(folder, {"a": ["x"], "b": ["x"]}, **extra)
    return read_plan(file.read_bytes(), "plan.yaml")


def test_where_only_jobs_differ_that_are_not_sent_it_says_what_differs_in_them(tmp_path):
    old, new = plan_of(tmp_path), plan_of(tmp_path, b={"timeout_s": 600})
    said = new_plan_text(old, new, [JobName("a")], ("old", "new"))
    assert "1 changed, 1 unchanged" in said
    assert "~ b\n  ! timeout_s" in said
    assert "Jobs that differ and are not sent now: b (what runs or has succeeded stays as it is)" in said


def test_where_one_differs_that_is_sent_the_others_are_named_only(tmp_path):
    old, new = plan_of(tmp_path), plan_of(tmp_path, a={"timeout_s": 900}, b={"timeout_s": 600})
    said = new_plan_text(old, new, [JobName("a")], ("old", "new"))
    assert "1 changed\n" in said
    assert "~ a\n" in said
    assert "~ b\n" not in said
    assert "Jobs that differ and are not sent now: b" in said

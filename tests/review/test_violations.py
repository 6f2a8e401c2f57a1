"""What ``validate --policy`` says of plans that break a rule: a folder of ``tests/golden/policy`` for each way.

``UPDATE_GOLDEN=1 pytest tests/review/test_violations.py`` writes the texts; read them as whoever wrote the plan would.
"""

import os
from pathlib import Path

import pytest

from kedro_batch.diagnostics import Severity
from kedro_batch.plan.model import Job, JobName, Plan
from kedro_batch.plan.policy.judge import judge_plan
from kedro_batch.plan.policy.model import RuleName
from kedro_batch.plan.policy.reader import read_policy
from kedro_batch.plan.reader import locate_diagnostics, read_plan
from kedro_batch.plan.settings import JobSettings
from kedro_batch.review.broken_rules import count_rules, show_violations
from kedro_batch.review.diagnostics import diagnostic_lines
from kedro_batch.review.job_sets import JobSets
from kedro_batch.review.violations import violation_diagnostics
from kedro_batch.text.escaping import for_review

CASES = sorted((Path(__file__).parent.parent / "golden" / "policy").iterdir())


POLICY = "schema: kedro-batch/policy/v1\nrules:\n  {}\n"


def violations(plan_text, policy_text):
    plan, policy = read_plan(plan_text, "plan.yaml"), read_policy(policy_text, "policy.yaml")
    found = violation_diagnostics(judge_plan(plan, policy), plan, policy)
    return locate_diagnostics(found, plan_text, "plan.yaml")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_violation_says_what_where_by_which_rule_and_in_which_jobs(case):
    text = (case / "plan.yaml").read_bytes()
    found = violations(text, (case / "policy.yaml").read_bytes())
    shown = show_violations(found, JobSets(read_plan(text, "plan.yaml").jobs)).lines
    said = "".join(f"{line}\n" for line in diagnostic_lines(shown, every=True))
    file = case / "validate.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(said)
        pytest.fail(f"wrote {file.name}: read it as a user would, then test again without UPDATE_GOLDEN")
    assert said == file.read_text()


def test_each_rule_is_broken_somewhere():
    broken = set()
    for case in CASES:
        found = violations((case / "plan.yaml").read_bytes(), (case / "policy.yaml").read_bytes())
        broken |= {rule for one in found for rule in one.about["rule"]}
    assert broken == {str(name) for name in RuleName}


def test_what_nobody_sees_is_escaped_once():
    plan = """{schema: kedro-batch/plan/v1, defaults: {job_queue: q, job_definition: d},
        jobs: [{name: a, command: ["x\\x1b\\ty", z]}, {name: b, command: ['x\\x1b', z]}]}"""
    found = violations(plan.encode(), b"{schema: kedro-batch/policy/v1, rules: {programs: [kedro]}}")
    raw, literal = (for_review(one.message).partition(" for ")[0] for one in found)
    assert (raw, literal) == (r"program 'x\x1b\ty'", r"program 'x\\x1b'")


def test_rules_in_one_line_are_told_apart():
    jobs = "".join(f"  - {{name: a{at}, command: [p{at}], job_queue: q{at}}}\n" for at in range(20))
    plan = f"schema: kedro-batch/plan/v1\ndefaults: {{job_definition: d}}\njobs:\n{jobs}"
    part = "{job_queues: [a], programs: [kedro]}"
    policy = f"{{schema: kedro-batch/policy/v1, rules: {part}, warnings: {part}}}"
    found = violations(plan.encode(), policy.encode())
    assert count_rules(found, Severity.ERROR) == count_rules(found, Severity.WARNING) == 2
    shown = show_violations(found, JobSets(read_plan(plan.encode(), "plan.yaml").jobs))
    more = [(one.severity, one.message) for one in shown.lines if " more ways " in one.message]
    rest = ("job_queues", "programs")
    assert more == [
        (severity, f"{rule}: 15 more ways to break it (20 in total, for all 20 jobs)")
        for severity in (Severity.ERROR, Severity.WARNING)
        for rule in rest
    ]
    assert shown.left_out == 4 * 15


def test_values_that_look_like_credentials_are_not_repeated():
    token = "ghp_" + "1234567890abcdefghij" + "1234567890abcdef"
    plan = Plan(jobs=(Job(name=JobName("a"), command=(token, "x"), settings=JobSettings(tags={"team": token})),))
    rules = f"programs: [kedro]\n  required_tags: {{team: [{token[::-1]}, {token}x]}}"
    policy = read_policy(f"schema: kedro-batch/policy/v1\nrules:\n  {rules}\n".encode(), "policy.yaml")
    program, tag = (one.message for one in violation_diagnostics(judge_plan(plan, policy), plan, policy))
    hidden = "(not shown: it looks like a credential)"
    assert program == f"program {hidden} for a; policy.yaml:3 allows program kedro"
    assert tag.startswith(f"tag 'team' is {hidden} for a; policy.yaml:4 allows ")
    assert token not in tag


def thousand_jobs(**others):
    jobs = tuple(
        Job(name=JobName(f"j{at}"), command=(f"p{at}",), settings=JobSettings(job_queue=f"q{at}", timeout_s=60 + at))
        for at in range(1_000)
    )
    own = JobSettings(job_queue="a")
    return Plan(jobs=(*jobs, *(Job(name=JobName(one), command=(word,), settings=own) for one, word in others.items())))


def broken(plan, rules):
    policy = read_policy(POLICY.format(rules).encode(), "policy.yaml")
    return violation_diagnostics(judge_plan(plan, policy), plan, policy)


def test_what_a_thousand_jobs_break_in_their_own_ways_is_told_in_a_few_lines():
    plan = thousand_jobs()
    found = broken(plan, "job_queues: [a]\n  max_timeout_s: 60\n  programs: [kedro]\n  max_memory_mib: 1")
    assert len(found) == 1_000 + 999 + 1_000 + 1
    assert {name for one in found for name in one.about["jobs"]} == {job.name for job in plan.jobs}
    shown = show_violations(found, JobSets(plan.jobs))
    said = [str(one) for one in shown.lines]
    assert len(said) == 3 * 6 + 1
    assert (
        "policy.yaml:4: max_timeout_s: 994 more ways to break it "
        "(999 in total, for 999 of 1,000 jobs (all but queue q0))" in said
    )
    assert shown.left_out == 995 + 994 + 995
    every = show_violations(found, JobSets(plan.jobs), full=True)
    assert (sorted(map(str, every.lines)), every.left_out) == (sorted(map(str, found)), 0)


def test_each_broken_rule_is_shown_and_what_few_jobs_break_comes_first():
    plan = thousand_jobs(evil="bash")
    found = broken(plan, "job_queues: [a]\n  max_jobs: 1\n  programs: [kedro, 'p*']\n  no_shell: true")
    for most in (1, 5):
        shown = [(one.about["rule"][0], one.message) for one in show_violations(found, JobSets(plan.jobs), most).lines]
        assert list(dict.fromkeys(rule for rule, _ in shown)) == ["programs", "no_shell", "job_queues", "max_jobs"]
        assert "for evil" in shown[0][1]
        assert "for evil" in shown[1][1]


def test_of_many_ways_to_break_a_rule_the_worst_are_shown():
    plan = thousand_jobs(evil="bash")
    first: dict[str, str] = {}
    for one in broken(plan, "max_timeout_s: 60\n  programs: [kedro]"):
        first.setdefault(one.about["rule"][0], one.message)
    assert first["max_timeout_s"].startswith("timeout_s is left to the job definition")
    assert first["programs"].startswith("program 'bash' for evil")
    messages = [one.message for one in broken(thousand_jobs(), "max_timeout_s: 60")]
    assert messages[0].startswith("a timeout of 17 min 39 s for j999")


def test_of_more_ways_than_are_listed_it_is_said_that_there_are_more(monkeypatch):
    monkeypatch.setattr("kedro_batch.plan.policy.judge.MAX_DIAGNOSTICS", 10)
    monkeypatch.setattr("kedro_batch.plan.policy.judge.MAX_VIOLATIONS", 20)
    plan = thousand_jobs()
    found = broken(plan, "job_queues: [a]\n  programs: [kedro]")
    assert len(found) == 20 + 1 + 10 + 1
    assert found[-1].message == "programs: more than 10 ways to break it; here are 10 of them"
    short, full = (show_violations(found, JobSets(plan.jobs), full=full) for full in (False, True))
    assert short.lines[5].message == "programs: over 5 more ways to break it (over 10 in total)"
    assert short.left_out == 16 + 6
    assert found[-1] in full.lines


def test_ways_that_name_too_many_jobs_together_are_not_all_listed(monkeypatch):
    monkeypatch.setattr("kedro_batch.plan.policy.judge.MAX_NAMED_JOBS", 1500)
    found = broken(thousand_jobs(), "required_tags: {a: [x], b: [x], c: [x], d: [x]}")
    assert [len(one.about["jobs"]) for one in found] == [1000, 1000, 0]
    assert "more than 2 ways" in found[-1].message

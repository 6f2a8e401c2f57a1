"""What ``validate --policy`` says of plans that break a rule: a folder of ``tests/golden/policy`` for each way.

``UPDATE_GOLDEN=1 pytest tests/review/test_violations.py`` writes the texts; read them as whoever wrote the plan would.
"""

import os
from pathlib import Path

import pytest

from kedro_batch.diagnostics import Severity, sorted_diagnostics
from kedro_batch.plan.model import Job, JobName, Plan
from kedro_batch.plan.policy.judge import judge_plan
from kedro_batch.plan.policy.model import RuleName
from kedro_batch.plan.policy.reader import read_policy
from kedro_batch.plan.reader import locate_diagnostics, read_plan
from kedro_batch.plan.settings import JobSettings
from kedro_batch.review.diagnostics import diagnostic_lines
from kedro_batch.review.violations import count_rules, shown_violations, violation_diagnostics
from kedro_batch.text.escaping import for_review

CASES = sorted((Path(__file__).parent.parent / "golden" / "policy").iterdir())


def violations(plan_text, policy_text):
    plan, policy = read_plan(plan_text, "plan.yaml"), read_policy(policy_text, "policy.yaml")
    found = violation_diagnostics(judge_plan(plan, policy), plan, policy)
    return locate_diagnostics(found, plan_text, "plan.yaml")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_violation_says_what_where_by_which_rule_and_in_which_jobs(case):
    found = violations((case / "plan.yaml").read_bytes(), (case / "policy.yaml").read_bytes())
    said = "".join(f"{line}\n" for line in diagnostic_lines(sorted_diagnostics(shown_violations(found))))
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


def test_what_is_left_out_of_one_place_stands_behind_what_is_shown_of_it():
    tags = ", ".join(f"t{at}: ['*']" for at in range(50))
    plan = (
        b"schema: kedro-batch/plan/v1\ndefaults: {job_queue: q, job_definition: d}\njobs: [{name: a, command: [x]}]\n"
    )
    found = violations(plan, f"{{schema: kedro-batch/policy/v1, rules: {{required_tags: {{{tags}}}}}}}".encode())
    said = [one.message for one in sorted_diagnostics(shown_violations(found))]
    assert [message.partition(" for ")[0] for message in said[:10]] == [f"no tag 't{at}'" for at in range(10)]
    assert said[10].startswith("40 more ways to break required_tags")


def test_what_nobody_sees_is_escaped_once():
    plan = """{schema: kedro-batch/plan/v1, defaults: {job_queue: q, job_definition: d},
        jobs: [{name: a, command: ["x\\x1b\\ty", z]}, {name: b, command: ['x\\x1b', z]}]}"""
    found = violations(plan.encode(), b"{schema: kedro-batch/policy/v1, rules: {programs: [kedro]}}")
    raw, literal = (for_review(one.message).partition(" for ")[0] for one in sorted_diagnostics(found))
    assert (raw, literal) == (r"program 'x\x1b\ty'", r"program 'x\\x1b'")


def test_rules_in_one_line_are_told_apart():
    jobs = "".join(f"  - {{name: a{at}, command: [p{at}], job_queue: q{at}}}\n" for at in range(20))
    plan = f"schema: kedro-batch/plan/v1\ndefaults: {{job_definition: d}}\njobs:\n{jobs}"
    part = "{job_queues: [a], programs: [kedro]}"
    policy = f"{{schema: kedro-batch/policy/v1, rules: {part}, warnings: {part}}}"
    found = violations(plan.encode(), policy.encode())
    assert count_rules(found, Severity.ERROR) == count_rules(found, Severity.WARNING) == 2
    more = [one for one in shown_violations(found) if " more ways to break " in one.message]
    assert [(one.severity, one.message[: one.message.index(" of ")]) for one in more] == [
        (Severity.ERROR, "10 more ways to break job_queues"),
        (Severity.ERROR, "10 more ways to break programs"),
        (Severity.WARNING, "10 more ways to break job_queues"),
        (Severity.WARNING, "10 more ways to break programs"),
    ]


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


def test_what_a_thousand_jobs_break_in_their_own_ways_is_told_in_a_few_lines():
    jobs = tuple(
        Job(name=JobName(f"j{at}"), command=(f"p{at}",), settings=JobSettings(job_queue=f"q{at}", timeout_s=60 + at))
        for at in range(1_000)
    )
    plan = Plan(jobs=jobs)
    rules = "job_queues: [a]\n  max_timeout_s: 60\n  programs: [kedro]\n  max_memory_mib: 1"
    policy = read_policy(f"schema: kedro-batch/policy/v1\nrules:\n  {rules}\n".encode(), "policy.yaml")
    found = violation_diagnostics(judge_plan(plan, policy), plan, policy)
    assert len(found) == 1_000 + 999 + 1_000 + 1
    assert {name for one in found for name in one.about["jobs"]} == {job.name for job in jobs}
    shown = [one.message for one in shown_violations(found)]
    assert len(shown) == 3 * 11 + 1
    assert "990 more ways to break job_queues of policy.yaml:3, in 990 jobs; --json lists them" in shown
    assert "for all 1,000 jobs, and the plan does not declare it" in shown[-1]

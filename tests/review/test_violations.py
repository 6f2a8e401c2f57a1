"""What ``validate --policy`` says of plans that break a rule: a folder of ``tests/golden/policy`` for each way.

``UPDATE_GOLDEN=1 pytest tests/review/test_violations.py`` writes the texts; read them as whoever wrote the plan would.
"""

import os
from pathlib import Path

import pytest

from kedro_batch.diagnostics import sorted_diagnostics
from kedro_batch.plan.policy.judge import judge_plan
from kedro_batch.plan.policy.model import RuleName
from kedro_batch.plan.policy.reader import read_policy
from kedro_batch.plan.reader import locate_diagnostics, read_plan
from kedro_batch.review.diagnostics import diagnostic_lines
from kedro_batch.review.violations import shown_violations, violation_diagnostics

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

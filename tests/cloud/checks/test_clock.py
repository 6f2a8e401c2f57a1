"""How far off a clock may be."""

import pytest

from kedro_batch.cloud.checks.clock import judge_clock


@pytest.mark.parametrize(
    ("ahead_s", "status", "said"),
    [
        (0.4, "pass", "the clock of this machine agrees with that of AWS"),
        (-60, "pass", "agrees"),
        (61, "warning", "is 1 min 1 s ahead of that of AWS"),
        (-299, "warning", "is 4 min 59 s behind that of AWS"),
        (-301, "failure", "is 5 min 1 s behind that of AWS, which refuses requests that are 5 minutes off"),
        (90_000, "failure", "is 25 h 0 min ahead of that of AWS"),
    ],
)
def test_a_clock_is_judged_by_the_five_minutes_of_signatures(ahead_s, status, said):
    finding = judge_clock(ahead_s)
    assert finding.status == status
    assert said in str(finding)
    assert bool(finding.remedy) is (status != "pass")

"""Every kind of fault at once, on a plan of many jobs: each job is submitted once all the same."""

from typing import Any

import pytest

from tests.support.command_line import kedro_batch
from tests.support.large_plans import write_layered_plan
from tests.support.services import standin

LAYERS = 10
FAULTS: dict[str, Any] = {
    "lost_replies": 0.1,
    "error_before": 0.1,
    "error_after": 0.1,
    "list_delay_s": 3.0,
    "throttle": {"rate": 50, "burst": 5},
}


@pytest.mark.long
def test_no_job_is_lost_or_submitted_twice_when_every_third_reply_is(tmp_path):
    jobs = 300
    write_layered_plan(tmp_path, [jobs // LAYERS] * LAYERS)
    with standin(seed=1, run_s=0.2, keep_bodies=False, **FAULTS) as service:
        ended = kedro_batch("apply", "plan.yaml", "-q", cwd=tmp_path, env=service.environment)
        verdict = service.verdict()
    assert ended.code == 0, ended.err
    assert {what: verdict[what] for what in ("taken", "labels", "duplicates", "double_taken")} == {
        "taken": jobs,
        "labels": jobs,
        "duplicates": {},
        "double_taken": {},
    }
    assert verdict["throttled"]["submitjob"]
    assert verdict["calls"]["submitjob"] - verdict["throttled"]["submitjob"] > jobs

"""Some of the places where a local run can be killed; ``python tests/benchmarks/kills.py --local`` tries them all."""

import random

import pytest

from tests.faults.kill_points import first_point_in, local_kill_points
from tests.faults.local_trials import tried_locally


@pytest.mark.parametrize(
    ("file", "function"),
    [
        ("service/local_process.py", "GatedProcess.open_gate"),  # recorded, and not begun
        ("service/local.py", "LocalEngine._end"),  # ended and recorded, and nobody knows it
    ],
)
def test_a_local_run_that_is_killed_runs_no_job_beside_itself_and_none_again(file, function):
    (_, found), *others = tried_locally(first_point_in(file, function), 2)
    assert not others, "it was not reached"
    assert not found.wrong, found.said


@pytest.mark.long
def test_wherever_a_local_run_is_killed_it_is_taken_up():
    points = [one for one in local_kill_points() if not one.importing]
    chosen = random.Random(1).sample(points, 12)  # noqa: S311  the same sample each time
    trials = [one for point in chosen for one in tried_locally(point)]
    wrong = [f"{trial}: {'; '.join(found.wrong)}\n{found.said}" for trial, found in trials if found.wrong]
    assert not wrong, "\n".join(wrong)
    assert any(found.reached for _, found in trials)

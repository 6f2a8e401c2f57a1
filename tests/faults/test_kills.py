"""A run that is killed anywhere goes on with one job for every node. The whole of it: ``tests/benchmarks/kills.py``."""

import random

import pytest

from tests.support.kills import at_point, at_random, kill_points

_SAMPLE = random.Random(7).sample([point for point in kill_points() if not point.startswith("aws")], 7)  # noqa: S311


def test_the_points_are_those_of_the_code():
    points = kill_points()
    assert len(points) == len(set(points)) > 500
    assert {point.partition(":")[0] for point in points} >= {"submission.py", "journal.py", "run.py", "stocktaking.py"}


@pytest.mark.parametrize(("point", "lost"), [(point, n % 2 == 1) for n, point in enumerate(_SAMPLE)])
def test_a_run_killed_at_a_line_goes_on_with_one_job_for_every_node(point, lost):
    assert at_point(point, lost=lost, seed=len(point)).wrong == ""


@pytest.mark.parametrize(("seed", "lost"), [(1, False), (2, True), (3, False)])
def test_a_run_killed_at_a_random_moment_goes_on_with_one_job_for_every_node(seed, lost):
    assert at_random(lost=lost, seed=seed).wrong == ""

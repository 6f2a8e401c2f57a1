import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.simulation.search import simulate
from tests.simulation.seeds import FAILED

pytestmark = pytest.mark.no_cover  # measured, it takes three times as long; other tests execute the same lines
ROOT = Path(__file__).parent.parent.parent
_SEEDS = 200
_IN_ONE_TEST = 25


@pytest.mark.parametrize("start", range(0, _SEEDS, _IN_ONE_TEST))
def test_every_promise_holds_whatever_happens_to_several_processes(start):
    broken = {seed: found for seed in range(start, start + _IN_ONE_TEST) if (found := simulate(seed).broken)}
    assert not broken, "python -m tests.simulation --seed N tells the story of a seed"


@pytest.mark.parametrize("seed", FAILED)
def test_a_seed_that_once_failed_holds(seed):
    assert not simulate(seed).broken, FAILED[seed]


def test_a_seed_gives_the_same_story_in_every_process():
    stories = {_story(seed=7, hashes=hashes) for hashes in ("1", "2")}
    assert len(stories) == 1
    assert all(len(story) > 1000 for story in stories)


def _story(*, seed, hashes):
    return _printed("--seed", str(seed), PYTHONHASHSEED=hashes)


def _printed(*words, **variables):
    command = [sys.executable, "-m", "tests.simulation", *words]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True, check=False
    ).stdout


def test_a_search_sums_up_its_seeds():
    printed = _printed("--seeds", "2:5", "--minutes", "5")
    assert "3 seeds, " in printed
    assert " virtual hours, " in printed


def test_it_finds_a_copy_of_the_program_that_takes_a_lost_reply_for_a_call_that_was_not_executed():
    def misjudging(scenario):
        return replace(scenario, faults=replace(scenario.faults, misjudged=True))

    found = [line for seed in range(12) for line in simulate(seed, misjudging).broken]
    assert any("one process submitted both" in line for line in found)

"""Some of the places where a run can be killed; ``python tests/benchmarks/kills.py`` tries them all."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.kill_points import kill_points
from tests.faults.trials import Trial, id_received, tried, tried_at

_EACH = 5
_MATTER = (
    "job_submitter.py",
    "intents.py",
    "sender.py",
    "unconfirmed.py",
    "journal.py",
    "journal_busy.py",
    "journal_commit.py",
    "look_again.py",
    "stock_taking.py",
    "service/aws.py",
    "service/call_pool.py",
    "reconcile/reconcile.py",
    "reconcile/ask_service.py",
    "reconcile/check_journal.py",
    "reconcile/standing.py",
    "reconcile/families.py",
    "reconcile/copies.py",
    "reconcile/settle.py",
    "reconcile/duplicates.py",
)
"""The files that decide what is sent; their lines, less those of imports and definitions."""


def test_a_run_that_is_killed_while_it_submits_is_taken_up():
    found = tried(Trial(when=(id_received(), 3)))
    assert found.reached
    assert not found.wrong, found.said


@pytest.mark.long
@pytest.mark.parametrize("journal", ["kept", "deleted"])
def test_a_run_that_is_killed_and_taken_up_has_one_job_for_each_node(journal):
    chosen = random.Random(journal)  # noqa: S311  the same sample each time
    points = chosen.sample([one for one in kill_points() if one.file in _MATTER and not one.importing], _EACH)
    with ThreadPoolExecutor(_EACH) as pool:  # a trial waits for most of its time
        trials = [one for made in pool.map(lambda point: tried_at(point, journal), points) for one in made]
    wrong = [f"{trial}: {'; '.join(found.wrong)}\n{found.said}" for trial, found in trials if found.wrong]
    assert not wrong, "\n".join(wrong)
    assert any(found.reached for _, found in trials)

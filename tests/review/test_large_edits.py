"""Edits of a plan of 800 jobs: what differs, however many jobs it reaches."""

import re

from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.writer import plan_text
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.diff.model import Change
from tests.review.edits.corpus import EDITS
from tests.review.edits.large_corpus import LARGE_EDITS

LINES = 60
"""What is more than this is many different changes."""


def test_there_are_as_many_edits_of_800_jobs_as_of_39():
    assert len(LARGE_EDITS) >= len(EDITS)


def count_different(diff):
    """Count what differs, each once however many jobs it reaches.

    That is: a setting with its values before and after, the words of a command that differ but for names of nodes, and
    a field of the plan as a whole. Of jobs that were added, removed or renamed, each different set of settings is one,
    and none is counted by its name: names can be cut. Nor are risks: each follows from something that is counted.
    """
    stay = [one for one in diff.jobs if one.change in (Change.CHANGED, Change.RENAMED)]
    others = [one for one in diff.jobs if one.change not in (Change.CHANGED, Change.RENAMED)]
    fields = {(field.path, repr(field.before), repr(field.after)) for one in stay for field in one.fields}
    words = {word_changes(one) for one in stay if one.command}
    whole = {(one.change, repr(one.fields)) for one in others}
    return len(fields) + len(words) + len(whole) + len(diff.origin)


def word_changes(one):
    return tuple(
        (part.change, tuple(re.sub("^--nodes=.*", "--nodes", word) for word in part.words))
        for part in one.command
        if part.change != "kept"
    )


def test_what_differs_is_counted_once_for_all_the_jobs_that_it_reaches():
    counts = {name: count_different(diff_plans(*LARGE_EDITS[name].plans())) for name in LARGE_EDITS}
    assert counts["attempts_of_all_but_training_raised"] == counts["queue_of_all_changed"] == 1
    assert counts["attempts_of_all_raised"] == counts["two_unrelated_edits"] == 2
    assert counts["every_job_gets_its_own_timeout"] == 800
    assert [name for name, count in counts.items() if count > LINES] == ["every_job_gets_its_own_timeout"]


def test_the_plan_of_800_jobs_is_one_that_can_be_applied():
    plan, _ = LARGE_EDITS["image_changed"].plans()
    assert len(plan.jobs) == 800
    assert read_plan(plan_text(plan).encode(), "plan.yaml") == plan

"""What reviewers see of edits of 800 jobs, as golden files: ``tests/golden/edits_800/NAME.txt``, some ``NAME.md`` too.

To rewrite them after a rendering changed, and then to read the changes:

    UPDATE_GOLDEN=1 pytest --no-cov tests/review/test_large_edits.py
    git diff tests/golden/edits_800
"""

import os
import re
from pathlib import Path

import pytest

from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.writer import plan_text
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.diff.model import Change
from kedro_batch.review.formats import DiffFormat, render_diff
from tests.review.edits.corpus import EDITS
from tests.review.edits.large_corpus import LARGE_EDITS

GOLDEN = Path(__file__).parent.parent / "golden" / "edits_800"

MARKDOWN = (
    "attempts_of_all_but_training_raised",
    "country_added",
    "country_removed",
    "every_job_gets_its_own_timeout",
    "gpus_raised",
    "image_changed",
    "leaf_removed",
    "memory_lowered_for_a_tag",
    "namespaces_of_all_renamed",
    "queue_of_a_tag_changed",
    "scripts_are_padded_and_one_fetches_another",
    "timeouts_raised_and_one_command_pipes_into_a_shell",
    "training_without_gpus",
)
"""The edits whose comment is kept: the text of all is."""
LINES = 60
"""The most lines of a text of fewer different changes; of more, each may have one beside these."""


DIFFERENT = {
    "attempts_of_all_but_training_raised": 1,
    "queue_of_all_changed": 1,
    "attempts_of_all_raised": 2,
    "two_unrelated_edits": 2,
    "every_job_gets_its_own_timeout": 800,
    "variables_name_their_job_and_one_reads_elsewhere": 800,
    "scripts_are_padded_and_one_fetches_another": 800,
    "each_script_installs_its_own_and_one_another": 800,
}
"""What differs in some edits, counted once for all the jobs that it reaches."""
CALLED = ("main:plan.yaml", "plan.yaml")
FORMATS = {"txt": DiffFormat.TEXT, "md": DiffFormat.MARKDOWN}


def golden_files(name):
    return [f"{name}.txt", *([f"{name}.md"] if name in MARKDOWN else ())]


@pytest.mark.parametrize("name", LARGE_EDITS)
def test_an_edit_of_800_jobs_reads_as_its_golden_files_and_is_short_if_few_things_differ(name):
    plans = LARGE_EDITS[name].plans()
    diff = diff_plans(*plans)
    texts = {
        file: "".join(render_diff(diff, plans, CALLED, FORMATS[file.rpartition(".")[2]])) for file in golden_files(name)
    }
    wrong = []
    for file, text in texts.items():
        golden = GOLDEN / file
        if golden.is_file() and golden.read_bytes() == text.encode():
            continue
        wrong.append(file)
        if os.environ.get("UPDATE_GOLDEN"):
            golden.parent.mkdir(parents=True, exist_ok=True)
            golden.write_bytes(text.encode())
    assert wrong == [], "if UPDATE_GOLDEN rewrote them, read them as a reviewer, then test again without it"
    different = count_different(diff)
    assert different == DIFFERENT.get(name, different)
    assert (different > LINES) == (DIFFERENT.get(name, 0) > LINES)
    assert texts[f"{name}.txt"].count("\n") <= LINES + (different if different > LINES else 0)


def test_there_are_as_many_edits_of_800_jobs_as_of_39_and_each_golden_file_belongs_to_one():
    assert len(LARGE_EDITS) >= len(EDITS)
    assert {file.name for file in GOLDEN.iterdir()} == {file for name in LARGE_EDITS for file in golden_files(name)}


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


def test_the_plan_of_800_jobs_is_one_that_can_be_applied():
    plan, _ = LARGE_EDITS["image_changed"].plans()
    assert len(plan.jobs) == 800
    assert read_plan(plan_text(plan).encode(), "plan.yaml") == plan

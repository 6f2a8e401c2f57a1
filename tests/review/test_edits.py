"""What reviewers see of realistic edits, as golden files in ``tests/golden/edits/NAME/``.

To rewrite them after a rendering changed, and then to read the changes:

    UPDATE_GOLDEN=1 pytest --no-cov tests/review/test_edits.py
    git diff tests/golden/edits
"""

import json
import os
from pathlib import Path

import pytest

from kedro_batch.plan.model import Plan
from kedro_batch.plan.writer import plan_text
from kedro_batch.review.diff.diff_plans import diff_plans
from kedro_batch.review.diff.model import Change, Counts, Names
from tests.review.edits.corpus import EDITS
from tests.review.edits.moves import edit_in_numbers
from tests.review.edits.renderings import RENDERINGS, git_diff
from tests.support.plans import a_job

TESTS = Path(__file__).parent.parent
GOLDEN = TESTS / "golden" / "edits"
SCHEMAS = TESTS.parent / "schemas"

JSON_EXAMPLES = (
    "grouped_by_namespace",
    "image_changed",
    "kedro_upgraded_to_one_with_the_same_flags",
    "region_renamed",
    "submit_field_added",
)
"""The edits whose JSON is kept: together they give every field a value. ``test_formats_agree`` reads that of all."""

MEAN_NOTHING = ("function_renamed", "bucket_changed")
MOVED_TODAY = 3
"""The jobs of the corpus with the same meaning at another position in the file."""


def golden_files(name):
    return RENDERINGS.keys() - (set() if name in JSON_EXAMPLES else {"diff.json"})


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_reads_as_its_golden_files(name, plans):
    old, new = plans[name]
    wrong = []
    for file in golden_files(name):
        rendering = RENDERINGS[file]
        golden, text = GOLDEN / name / file, rendering(old, new).encode()
        if golden.is_file() and golden.read_bytes() == text:
            continue
        wrong.append(file)
        if os.environ.get("UPDATE_GOLDEN"):
            golden.parent.mkdir(parents=True, exist_ok=True)
            golden.write_bytes(text)
    assert wrong == [], "if UPDATE_GOLDEN rewrote them, read them as a reviewer, then test again without it"


def test_there_are_enough_edits_and_each_golden_file_belongs_to_one():
    assert len(EDITS) >= 30
    assert {folder.name for folder in GOLDEN.iterdir()} == EDITS.keys()
    for name in EDITS:
        assert {file.name for file in (GOLDEN / name).iterdir()} == golden_files(name)


def test_the_json_examples_give_every_field_of_the_schema_a_value():
    shown = set()
    for name in JSON_EXAMPLES:
        shown |= set(fields_with_values(json.loads((GOLDEN / name / "diff.json").read_text())))
    schema = json.loads((SCHEMAS / "diff.schema.json").read_text())
    del schema["$defs"]["violation"], schema["properties"]["policy"], schema["properties"]["violations"]  # no policy
    # No edit removes a node from a job that stays, or moves jobs between definitions of which one is declared; only
    # large ones leave a dataset to its readers; no plan is so large that a peak has a bound; and none leaves an amount
    # to a declared definition that gives the same.
    assert fields_of_schema(schema) - {"node", "upper_bounds", "definition_before", "readers", "still"} <= shown


def fields_with_values(value):
    if isinstance(value, list):
        for inner in value:
            yield from fields_with_values(inner)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if inner is not None and inner not in ([], {}):
                yield name
            yield from fields_with_values(inner)


def fields_of_schema(schema):
    fields = set(schema.get("properties", ()))
    for inner in schema.values():
        parts = inner if isinstance(inner, list) else [inner]
        for part in parts:
            if isinstance(part, dict):
                fields |= fields_of_schema(part)
    return fields


def test_the_plans_are_what_the_compiler_writes(plan_files, plans):
    for name, files in plan_files.items():
        assert tuple(map(plan_text, plans[name])) == files, name


def test_a_renamed_node_reads_as_one_rename(plans):
    for name in ("node_renamed", "parent_of_many_renamed"):
        old, new = plans[name]
        diff = diff_plans(old, new)
        (change,) = diff.jobs
        assert (change.change, change.nodes.gained, change.nodes.lost) == (
            Change.RENAMED,
            (change.job,),
            (change.name_before,),
        )
        others = (change.fields, change.parents, change.reads, change.writes)
        assert others == ((), Names(), Names(), Names())
        assert diff.counts == Counts(added=0, removed=0, renamed=1, changed=0, unchanged=len(old.jobs) - 1)
        assert (diff.risks, diff.origin, diff.totals) == ((), (), ())


def test_what_is_renamed_with_its_data_is_renamed_too(plans):
    for name, most in {"node_and_its_dataset_renamed": 1, "namespace_renamed": 3}.items():
        counts = diff_plans(*plans[name]).counts
        assert (counts.added, counts.removed, counts.renamed) == (0, 0, most), name


def test_the_git_diff_of_an_added_leaf_is_its_block(plan_files):
    old, new = plan_files["leaf_added"]
    shown = git_diff(old, new).partition("\n@@")[2].splitlines()[1:]
    added = [number for number, line in enumerate(shown) if not line.startswith(" ")]
    block = "  - name: " + next(part for part in new.split("  - name: ") if part.startswith("record_price_history\n"))
    assert added == [*range(added[0], added[-1] + 1)]
    assert [shown[number] for number in added] == [f"+{line}" for line in block.splitlines()]


def test_an_edit_that_means_nothing_shows_nothing(plan_files, plans):
    for name in MEAN_NOTHING:
        assert not diff_plans(*plans[name]).differ
        assert git_diff(*plan_files[name]) == ""


def test_plans_differ_exactly_when_jobs_or_origin_do(plans):
    for name, (old, new) in plans.items():
        diff = diff_plans(old, new)
        assert diff.differ is bool(diff.jobs or diff.origin), name
        assert diff.differ is (name not in MEAN_NOTHING), name


def test_few_jobs_stand_elsewhere_in_the_file(plans):
    moved = {name: edit_in_numbers(*plans[name]).moved for name in EDITS}
    assert sum(moved.values()) <= MOVED_TODAY, moved


def test_a_job_has_moved_if_it_means_the_same_and_stands_elsewhere():
    jobs = [a_job(name) for name in "abcde"]
    old = Plan(jobs=tuple(jobs))
    new = Plan(jobs=(jobs[4], *jobs[:2], a_job("d", attempts=2), jobs[2]))
    numbers = edit_in_numbers(old, new)
    assert (numbers.jobs, numbers.moved) == (1, 1)

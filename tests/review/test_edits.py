"""What reviewers see of realistic edits, as golden files: ``tests/golden/edits/NAME/``.

To write them anew after a rendering has changed, and then read them:

    UPDATE_GOLDEN=1 pytest --no-cov tests/review/test_edits.py
    git diff tests/golden/edits
"""

import os
from pathlib import Path

import pytest

from kedro_batch.plan.writer import plan_text
from kedro_batch.review.changes import Change
from kedro_batch.review.comparison import compared
from tests.review.edits.compiling import plan_files, plans
from tests.review.edits.corpus import EDITS
from tests.review.edits.moves import edit_in_numbers
from tests.review.edits.renderings import RENDERINGS, git_diff

GOLDEN = Path(__file__).parent.parent / "golden" / "edits"

MEAN_NOTHING = ("function_renamed", "bucket_changed")
MOVED_TODAY = 3
"""The jobs that stand elsewhere in the file although they mean the same, over the corpus."""

pytestmark = pytest.mark.xdist_group("edits")  # the corpus is compiled once


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_reads_as_its_golden_files(name):
    old, new = plans()[name]
    wrong = []
    for file, rendering in RENDERINGS.items():
        golden, text = GOLDEN / name / file, rendering(old, new).encode()
        if golden.is_file() and golden.read_bytes() == text:
            continue
        wrong.append(file)
        if os.environ.get("UPDATE_GOLDEN"):
            golden.parent.mkdir(parents=True, exist_ok=True)
            golden.write_bytes(text)
    assert wrong == [], "if UPDATE_GOLDEN has written them, read them as a reviewer would, then test again without it"


def test_there_are_enough_edits_and_each_golden_file_belongs_to_one():
    assert len(EDITS) >= 30
    assert {folder.name for folder in GOLDEN.iterdir()} == EDITS.keys()
    assert {file.name for file in GOLDEN.glob("*/*")} == RENDERINGS.keys()


def test_the_plans_are_what_the_compiler_writes():
    for name, files in plan_files().items():
        assert tuple(map(plan_text, plans()[name])) == files, name


def test_a_renamed_node_reads_as_one_rename():
    for name in ("node_renamed", "parent_of_many_renamed", "node_and_its_dataset_renamed"):
        diff = compared(*plans()[name])
        assert [one.change for one in diff.jobs if one.name_before != one.job] == [Change.RENAMED], name
    for name in ("node_renamed", "parent_of_many_renamed"):
        (change,) = compared(*plans()[name]).jobs
        assert change.nodes.gained == (change.job,)
        assert change.nodes.lost == (change.name_before,)
        assert (change.fields, bool(change.parents), bool(change.reads), bool(change.writes)) == (
            (),
            False,
            False,
            False,
        )


def test_the_git_diff_of_an_added_leaf_is_its_block():
    old, new = plan_files()["leaf_added"]
    lines = [line for line in git_diff(old, new).splitlines() if line.startswith(("+", "-"))][2:]
    block = new[new.index("  - name: record_price_history\n") :]
    block = block[: block.index("\n  - name: ", 1) + 1]
    assert sorted(lines) == sorted("+" + line for line in block.splitlines())


def test_an_edit_that_means_nothing_shows_nothing():
    for name in MEAN_NOTHING:
        assert not compared(*plans()[name]).differ
        assert git_diff(*plan_files()[name]) == ""


def test_plans_differ_exactly_when_jobs_or_origin_do():
    for name, (old, new) in plans().items():
        diff = compared(old, new)
        assert diff.differ is bool(diff.jobs or diff.origin), name
        assert diff.differ is (name not in MEAN_NOTHING), name


def test_few_jobs_stand_elsewhere_in_the_file():
    moved = {name: edit_in_numbers(*plans()[name]).moved for name in EDITS}
    assert sum(moved.values()) <= MOVED_TODAY, moved

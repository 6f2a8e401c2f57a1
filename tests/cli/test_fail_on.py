"""``diff --fail-on``: which risks end it with 3."""

import pytest

from kedro_batch.review.diff.model import RiskKind
from tests.support.forked import kedro_batch
from tests.support.plans import write_plan

X = ["x"]


@pytest.fixture
def folder(tmp_path):
    """A folder with a plan, and the same plan with another queue for both jobs and less memory for one."""
    jobs, queue = {"one": X, "two": X}, {"job_queue": "other"}
    write_plan(tmp_path, jobs, one={"resources": {"memory_mib": 2000}}).rename(tmp_path / "old.yaml")
    write_plan(tmp_path, jobs, one={"resources": {"memory_mib": 1000}}, defaults=queue).rename(tmp_path / "new.yaml")
    return tmp_path


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["queue_changed"], "queue_changed (2)"),
        (["memory_lowered,queue_changed"], "queue_changed (2), memory_lowered (1)"),
        (["memory_lowered", "--fail-on", "queue_changed"], "queue_changed (2), memory_lowered (1)"),
        (["any"], "queue_changed (2), memory_lowered (1)"),
        (["gpus_lowered, any"], "queue_changed (2), memory_lowered (1)"),
    ],
)
def test_a_risk_of_such_a_kind_ends_it_with_3(folder, asked, said):
    ended = kedro_batch("diff", "old.yaml", "new.yaml", "--fail-on", *asked, cwd=folder)
    assert ended.code == 3
    assert ended.err == f"Error: new.yaml has what --fail-on names, compared with old.yaml: {said}\n"
    assert b"other" in ended.out


@pytest.mark.parametrize("plans", [("old.yaml", "old.yaml"), ("old.yaml", "new.yaml")])
def test_other_risks_do_not(folder, plans):
    ended = kedro_batch("diff", *plans, "--fail-on", "account_changed,gpus_lowered", cwd=folder)
    assert (ended.code, ended.err) == (0, "")


def test_every_kind_of_risk_is_known(folder):
    ended = kedro_batch("diff", "old.yaml", "old.yaml", "--fail-on", ",".join(RiskKind), cwd=folder)
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize("asked", ["queue_change", "account_changed,queue_change", "QUEUE_CHANGE"])
def test_an_unknown_kind_is_a_mistake_with_the_kinds_that_there_are(folder, asked):
    ended = kedro_batch("diff", "old.yaml", "new.yaml", "--fail-on", asked, cwd=folder)
    assert (ended.code, ended.text) == (2, "")
    assert f"{asked.rpartition(',')[2]!r} is no kind of risk. Did you mean 'queue_changed'" in ended.err
    assert f"Known here: any, {', '.join(RiskKind)}" in ended.err


@pytest.mark.parametrize("asked", ["", " ", ",", "queue_changed,"])
def test_an_empty_kind_is_a_mistake(folder, asked):
    assert kedro_batch("diff", "old.yaml", "new.yaml", "--fail-on", asked, cwd=folder).code == 2


def test_the_help_names_every_kind(tmp_path):
    said = " ".join(kedro_batch("diff", "--help", cwd=tmp_path).text.split())
    assert f"or any; higher costs count, too. Kinds: {', '.join(RiskKind)}." in said


def test_less_memory_and_memory_that_is_left_to_a_definition_are_two_kinds(folder):
    write_plan(folder, {"one": X, "two": X}).rename(folder / "new.yaml")
    assert kedro_batch("diff", "old.yaml", "new.yaml", "--fail-on", "memory_lowered", cwd=folder).code == 0
    both = "memory_lowered,no_longer_stated"
    assert kedro_batch("diff", "old.yaml", "new.yaml", "--fail-on", both, cwd=folder).code == 3


def test_it_does_not_go_with_exit_code(folder):
    ended = kedro_batch("diff", "old.yaml", "new.yaml", "--fail-on=any", "--exit-code", cwd=folder)
    assert (ended.code, ended.text) == (2, "")
    assert "--exit-code and --fail-on both end with 3: give one of them" in ended.err


def test_shells_complete_the_kinds(folder):
    words = "kedro-batch diff old.yaml new.yaml --fail-on queue_changed,acc"
    variables = {"_KEDRO_BATCH_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": "5"}
    assert "queue_changed,account_changed" in kedro_batch(cwd=folder, env=variables).text

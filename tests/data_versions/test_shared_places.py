"""A job that would save where data of its run are already: it is refused, and removes nothing."""

from pathlib import Path

import click
import pytest
from kedro.pipeline import Pipeline, node

from tests.data_versions.jobs import OLD, OWN, begin, catalog_of, entry, pass_on, run_job, save, saved, variables

CHANGE = Pipeline([node(pass_on, "x", "changed", name="change")])


def entries(folder):
    """Return a dataset of another job, the same under another name, and a third name under which it is written."""
    return {name: entry(folder, "x") for name in ("x_of_another_job", "x", "changed")}


@pytest.mark.parametrize("attempt", [1, 2])
@pytest.mark.parametrize("written_as", ["x", "x_of_another_job"])
def test_what_other_jobs_of_the_run_wrote_is_not_taken_for_what_an_attempt_left(tmp_path, written_as, attempt):
    save(tmp_path, "x", OLD, "older")
    save(tmp_path, "x", OWN, "of another job")
    with pytest.raises(click.ClickException) as refused:
        begin(CHANGE, catalog_of(entries(tmp_path)), variables(attempt=attempt, reads=[written_as]))
    assert refused.value.exit_code == 4
    assert (
        f"  changed: {tmp_path}/x.json/{OWN}, which is where {written_as} is, and this job loads it"
        in refused.value.message
    )
    assert saved(tmp_path, "x") == {OLD: "older", OWN: "of another job"}


@pytest.mark.parametrize("attempt", [1, 2])
def test_it_is_not_either_where_the_names_of_other_jobs_are_too_long_for_a_list(tmp_path, attempt):
    save(tmp_path, "x", OWN, "of another job")
    with pytest.raises(click.ClickException, match=r"changed: .*, which is where x is, and this job loads it"):
        begin(CHANGE, catalog_of(entries(tmp_path)), variables(attempt=attempt, all_but=["x"]))
    assert saved(tmp_path, "x") == {OWN: "of another job"}


def test_it_is_found_behind_a_link_and_another_spelling_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save(tmp_path, "x", OWN, "of another job")
    (tmp_path / "linked").symlink_to(tmp_path)
    catalog = catalog_of({"x": {**entry(tmp_path, "x"), "filepath": "x.json"}, "changed": entry(Path("linked"), "x")})
    with pytest.raises(click.ClickException, match=r"changed: linked/x\.json"):
        begin(CHANGE, catalog, variables(attempt=2, reads=["x"]))
    assert saved(tmp_path, "x") == {OWN: "of another job"}


def test_a_version_that_the_command_names_is_not_removed_either(tmp_path):
    save(tmp_path, "x", OWN, "named")
    with pytest.raises(click.ClickException, match=r"changed: .*, which is where x is, and this job loads it"):
        begin(CHANGE, catalog_of(entries(tmp_path), load_versions={"x": OWN}), variables(attempt=2))
    assert saved(tmp_path, "x") == {OWN: "named"}


@pytest.mark.parametrize("attempt", [1, 2])
def test_a_job_that_alone_uses_a_place_reads_the_version_before_and_saves_its_own(tmp_path, attempt):
    save(tmp_path, "x", OLD, "older")
    for number in range(1, attempt + 1):
        run_job(CHANGE, catalog_of(entries(tmp_path)), variables(attempt=number))
    assert saved(tmp_path, "x") == {OLD: "older", OWN: "older"}


def test_a_name_of_other_jobs_whose_class_is_not_installed_here_hinders_nothing(tmp_path):
    save(tmp_path, "x", OLD, 1)
    foreign = {"{name}_of_others": {**entry(tmp_path, "foreign"), "type": "nowhere.Dataset"}}
    catalog = catalog_of({"x": entry(tmp_path, "x"), "changed": entry(tmp_path, "y"), **foreign})
    run_job(CHANGE, catalog, variables(reads=["x_of_others"]))
    assert saved(tmp_path, "y") == {OWN: 1}

"""The run of a plan is named by a commit: the same one when it is merged, applied again, and looked at hours later."""

import re

import pytest

from kedro_batch.submitter.run_id import checked_run_id
from tests.support.workflows import bash, clone, git, programs, render_workflow

_LINES = {
    line.strip().removeprefix("- ")
    for name in ("github/kedro-batch-apply.yml", "gitlab/kedro-batch.yml")
    for line in render_workflow(name).splitlines()
    if re.match(r"\s+(- )?run=", line)
}


def test_all_jobs_of_both_forges_name_it_in_the_same_way():
    assert len(_LINES) == 1


@pytest.fixture
def name_of(tmp_path):
    """The name that a job gives to the run, for one revision of a repository."""
    (line,) = _LINES
    variables = programs(tmp_path / "bin")

    def name(repository, revision="main"):
        target = tmp_path / f"clone-{len(list(tmp_path.iterdir()))}"
        ended = bash(f'{line}\necho "$run"', clone(repository.folder, revision, target), variables)
        assert ended.code == 0, ended.err
        return ended.text.strip()

    return name


def one_commit(it):
    it.git("checkout", "--quiet", "main")
    return it.commit(plan_yaml="two")


def several_commits_in_one_push(it):
    it.git("checkout", "--quiet", "main")
    it.commit(other="x")
    named = it.commit(plan_yaml="two")
    it.commit(other="y")
    return named


def a_merge_commit(it):
    it.commit(plan_yaml="two")
    it.commit(other="x")
    it.git("checkout", "--quiet", "main")
    it.commit(another="z")
    it.git("merge", "--quiet", "--no-ff", "-m", "Merge", "change")
    return it.git("rev-parse", "HEAD")


def a_squashed_merge(it):
    it.commit(plan_yaml="two")
    it.commit(other="x")
    it.git("checkout", "--quiet", "main")
    it.git("merge", "--quiet", "--squash", "change")
    return it.commit()


def a_rebased_merge(it):
    it.commit(plan_yaml="two")
    it.commit(other="x")
    it.git("checkout", "--quiet", "main")
    it.commit(another="z")
    it.git("checkout", "--quiet", "change")
    it.git("rebase", "--quiet", "main")
    it.git("checkout", "--quiet", "main")
    it.git("merge", "--quiet", "--ff-only", "change")
    return it.git("rev-parse", "HEAD~1")


def a_branch_that_was_updated_from_main(it):
    it.commit(plan_yaml="two")
    it.git("checkout", "--quiet", "main")
    it.commit(another="z")
    it.git("checkout", "--quiet", "change")
    it.git("merge", "--quiet", "--no-ff", "-m", "Update", "main")
    it.git("checkout", "--quiet", "main")
    it.git("merge", "--quiet", "--no-ff", "-m", "Merge", "change")
    return it.git("rev-parse", "HEAD")


WAYS = (
    one_commit,
    several_commits_in_one_push,
    a_merge_commit,
    a_squashed_merge,
    a_rebased_merge,
    a_branch_that_was_updated_from_main,
)


@pytest.mark.parametrize("way", WAYS)
def test_a_run_keeps_its_name_while_other_things_are_merged(way, repository, name_of):
    before = name_of(repository)
    commit = way(repository)
    name = name_of(repository)
    assert name == f"git-{commit[:12]}"
    assert checked_run_id(name) == name
    assert name != before
    assert git("show", f"{commit}:plan.yaml", cwd=repository.folder) == "two"
    repository.commit(other="later")
    repository.git("checkout", "--quiet", "-b", "docs")
    repository.commit(readme="text")
    repository.git("checkout", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-ff", "-m", "Merge", "docs")
    assert name_of(repository) == name


def test_a_plan_that_comes_back_is_another_run(repository, name_of):
    repository.git("checkout", "--quiet", "main")
    names = {name_of(repository)}
    before = (repository.folder / "plan.yaml").read_text()
    for text in ("two", before):
        repository.commit(plan_yaml=text)
        names.add(name_of(repository))
    assert len(names) == 3

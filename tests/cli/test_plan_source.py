import os
import shlex
import subprocess

import pytest

from kedro_batch.cli.plan_source import read_source
from kedro_batch.errors import UsageError
from kedro_batch.files.read_budget import MAX_BYTES
from tests.support.repositories import GIT, commit_all, git


def test_what_a_partial_clone_lacks_is_said_with_the_command_that_brings_it(tmp_path, monkeypatch):
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    origin.mkdir()
    for text in ("one\n", "two\n"):
        (origin / "plan.yaml").write_text(text)
        commit_all(origin)
    git(origin, "config", "uploadpack.allowFilter", "true")
    command = ["git", "clone", "-q", "--filter=blob:none", f"file://{origin}", str(clone)]
    subprocess.run(command, check=True, env={**os.environ, **GIT})
    monkeypatch.chdir(clone)
    away = origin.rename(tmp_path / "away")  # as if the remote did not answer
    with pytest.raises(UsageError) as caught:
        read_source("HEAD~1:plan.yaml")
    said, _, advice = str(caught.value).rpartition(": ")
    assert said == (
        "cannot read HEAD~1:plan.yaml: this is a partial clone, which has not fetched it, and a review fetches "
        "nothing. Fetch it, then try again"
    )
    away.rename(origin)
    subprocess.run(shlex.split(advice), check=True, env={**os.environ, **GIT})
    assert read_source("HEAD~1:plan.yaml") == (b"one\n", "HEAD~1:plan.yaml")


def test_a_revisions_file_that_is_too_large_is_refused_like_a_file(tmp_path, monkeypatch):
    (tmp_path / "plan.yaml").write_bytes(bytes(MAX_BYTES + 1))
    commit_all(tmp_path)
    monkeypatch.chdir(tmp_path)
    said = []
    for name in ("HEAD:plan.yaml", "plan.yaml"):
        with pytest.raises(UsageError) as caught:
            read_source(name)
        said.append(str(caught.value).partition(": ")[2])
    assert said == ["it has more than 16 MiB, the most that is read"] * 2


@pytest.mark.parametrize("named", ["HEAD", "main:", "HEAD~1", "origin/main"])
def test_a_revision_without_a_path_is_said_with_what_to_write(tmp_path, monkeypatch, named):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        read_source(named)
    revision = named.removesuffix(":")
    advice = f"If it is a revision in git, name a file of it: {revision}:PATH"
    assert str(caught.value) == f"cannot read {named}: No such file or directory. {advice}"

"""Repositories that mean harm, with the real git: what they configure must run nothing."""

import os
import subprocess
import zlib
from hashlib import sha1
from pathlib import Path

import pytest

from kedro_batch.files.git import GitObjectError, GitObjectTooLargeError, find_promisor, read_object, run_git
from tests.support.repositories import GIT, commit_all, git

MOST = 1000
FILTERS = ("evil", "name=with.equals")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    (folder / "plan.yaml").write_text("one\n")
    (folder / ".gitattributes").write_text("*.evil filter=evil\n*.odd filter=name=with.equals\n*.sub filter=process\n")
    for ending in ("evil", "odd", "sub"):
        (folder / f"file.{ending}").write_text("a\n")
    commit_all(folder)
    return folder


@pytest.fixture
def ran(root: Path, tmp_path: Path) -> Path:
    """Configure programs in the repository that git starts; return the file that each of them writes."""
    mark = tmp_path / "ran"
    script = tmp_path / "evil.sh"
    script.write_text(f'#!/bin/sh\necho "$0 $@" >> {mark}\ncat\n')
    script.chmod(0o755)
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for hook in ("post-index-change", "fsmonitor-watchman", "reference-transaction"):
        (hooks / hook).symlink_to(script)
    for key, value in (
        ("core.fsmonitor", script),
        ("core.hooksPath", hooks),
        ("core.pager", script),
        ("core.sshCommand", script),
        ("diff.external", script),
        *((f"filter.{name}.clean", script) for name in FILTERS),
        *((f"filter.{name}.required", "true") for name in FILTERS),
        ("filter.process.process", script),
    ):
        git(root, "config", key, str(value))
    for ending in ("evil", "odd", "sub"):
        file = root / f"file.{ending}"
        os.utime(file, ns=(1, 1))  # git has to compare the content
    return mark


def test_what_a_repository_configures_runs_nothing(root, ran):
    status = run_git(root, "status", "--porcelain=v1", "-z", "--", ".", filters=True)
    assert (status.returncode, status.stdout) == (0, b"")
    assert read_object(root, "HEAD:plan.yaml", MOST) == b"one\n"
    assert run_git(root, "rev-parse", "HEAD").returncode == 0
    assert run_git(root, "ls-files").returncode == 0
    assert run_git(root, "check-ignore", "--", "plan.yaml").returncode == 1
    assert not ran.exists()
    git(root, "status")
    by_git_alone = ran.read_text()
    assert all(one in by_git_alone for one in ("evil.sh 2 ", "evil.sh \n", "/post-index-change "))


def test_the_users_own_filters_and_those_of_git_lfs_stay(root, tmp_path, monkeypatch):
    own = tmp_path / "gitconfig"
    own.write_text('[filter "evil"]\n\tclean = tr a b\n')
    programs = tmp_path / "programs"
    programs.mkdir()
    lfs = programs / "git-lfs"
    lfs.write_text("#!/bin/sh\ntr a c\n")
    lfs.chmod(0o755)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(own))
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    git(root, "config", "filter.name=with.equals.clean", "git-lfs clean -- %f")
    for ending in ("evil", "odd"):
        os.utime(root / f"file.{ending}", ns=(1, 1))
    changed = run_git(root, "status", "--porcelain", "--", ".", filters=True).stdout.decode()
    assert changed == " M file.evil\n M file.odd\n"


def test_extensions_of_git_lfs_that_a_repository_configures_run_nothing(root, tmp_path, monkeypatch):
    own, mark = tmp_path / "gitconfig", tmp_path / "ran"
    own.write_text(f'[filter "lfs"]\n\tclean = "touch {mark}; cat"\n')  # as git-lfs runs its extensions
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(own))
    (root / ".gitattributes").write_text("*.evil filter=lfs\n")
    git(root, "config", "lfs.extension.evil.clean", "evil %f")
    os.utime(root / "file.evil", ns=(1, 1))
    assert run_git(root, "status", "--porcelain", "--", ".", filters=True).stdout == b" M .gitattributes\n"
    assert not mark.exists()


def test_a_remote_whose_name_may_be_an_option_is_not_advised(root):
    git(root, "config", "remote.--upload-pack=x.promisor", "true")
    git(root, "config", "remote.a b.promisor", "true")
    assert find_promisor(root) is None
    git(root, "config", "remote.team/x.promisor", "true")
    assert find_promisor(root) == "team/x"


def test_settings_in_the_users_variables_stay(root, monkeypatch, ran):
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "status.branch")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "true")
    assert run_git(root, "status", "--short", filters=True).stdout.startswith(b"## ")
    assert not ran.exists()


def test_the_size_of_an_object_is_asked_before_it_is_unpacked(root):
    header = b"blob 1500000000\0"
    name = sha1(header, usedforsecurity=False).hexdigest()
    file = root / ".git" / "objects" / name[:2] / name[2:]
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(zlib.compress(header + b"who unpacks this finds that it is broken"))
    with pytest.raises(GitObjectTooLargeError):
        read_object(root, name, MOST)


def test_an_object_of_just_the_right_size_is_read(root):
    for size in (MOST, MOST + 1):
        (root / f"{size}").write_bytes(b"x" * size)
    commit_all(root)
    assert len(read_object(root, f"HEAD:{MOST}", MOST)) == MOST
    with pytest.raises(GitObjectTooLargeError):
        read_object(root, f"HEAD:{MOST + 1}", MOST)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("HEAD:gone", "path 'gone' does not exist in 'HEAD'"),
        ("gone:plan.yaml", "invalid object name 'gone'"),
        ("HEAD:", "it is a folder in that revision"),
    ],
)
def test_what_cannot_be_read_has_a_reason_in_gits_words(root, monkeypatch, name, reason):
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    with pytest.raises(GitObjectError) as caught:
        read_object(root, name, MOST)
    assert str(caught.value) == reason


@pytest.mark.parametrize("named", ["work", "origin/work"])
def test_a_tag_does_not_stand_in_for_a_branch(root, named):
    """Who may push tags could else choose the policy by which plans of a branch are judged."""
    git(root, "update-ref", "refs/heads/work", "HEAD")
    git(root, "update-ref", "refs/remotes/origin/work", "HEAD")
    assert read_object(root, f"{named}:plan.yaml", MOST) == b"one\n"
    (root / "plan.yaml").write_text("two\n")
    commit_all(root)
    git(root, "tag", named)
    git(root, "config", "core.warnAmbiguousRefs", "false")
    with pytest.raises(GitObjectError, match="more than one branch, tag or commit has this name: write refs/heads/"):
        read_object(root, f"{named}:plan.yaml", MOST)


def test_a_replaced_object_is_what_its_name_says(root):
    (root / "other").write_text("other\n")
    commit_all(root)
    git(root, "replace", git(root, "rev-parse", "HEAD:plan.yaml"), git(root, "rev-parse", "HEAD:other"))
    assert read_object(root, "HEAD:plan.yaml", MOST) == b"one\n"


@pytest.mark.parametrize("left_out", ["blob:none", "tree:0"])
def test_a_partial_clone_fetches_nothing_by_itself(root, tmp_path, left_out):
    git(root, "config", "uploadpack.allowFilter", "true")
    (root / "plan.yaml").write_text("two\n")
    commit_all(root)
    clone = tmp_path / "clone"
    origin = ("-o", "upstream", f"file://{root}")
    subprocess.run(
        ["git", "clone", "-q", f"--filter={left_out}", *origin, str(clone)], check=True, env={**os.environ, **GIT}
    )
    with pytest.raises(GitObjectError, match="from promisor remote"):
        read_object(clone, "HEAD~1:plan.yaml", MOST)
    assert find_promisor(clone) == "upstream"
    assert find_promisor(root) is None
    git(clone, "fetch", "-q", "--refetch", "--no-filter", "upstream")
    assert read_object(clone, "HEAD~1:plan.yaml", MOST) == b"one\n"

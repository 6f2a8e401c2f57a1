import os
import stat
from pathlib import Path

import pytest

from kedro_batch.errors import UsageError
from kedro_batch.files.atomic_write import write_bytes, write_pieces


def test_a_new_file_has_the_permissions_that_the_user_wants(tmp_path):
    before = os.umask(0o027)
    try:
        write_bytes(tmp_path / "new", b"content")
    finally:
        os.umask(before)
    assert (tmp_path / "new").read_bytes() == b"content"
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


def test_an_old_file_keeps_its_permissions_and_nothing_stays_beside_it(tmp_path):
    file = tmp_path / "old"
    file.write_bytes(b"old")
    file.chmod(0o600)
    write_bytes(file, b"new")
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_is_followed(tmp_path):
    (tmp_path / "link").symlink_to("target")
    (tmp_path / "target").write_bytes(b"old")
    write_bytes(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"


def test_a_link_is_followed_within_a_project_and_not_out_of_it(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "target").write_bytes(b"old")
    (project / "link").symlink_to(tmp_path / "target")
    (project / "inner").symlink_to("new")
    with pytest.raises(UsageError, match=rf"cannot write link: .*out of the project, to {tmp_path}/target"):
        write_bytes(project / "link", b"new", "link", project)
    write_bytes(project / "inner", b"new", "inner", project)
    write_bytes(tmp_path / "named", b"new", "named", project)  # not a file of the project: somebody named it
    assert [(tmp_path / one).read_bytes() for one in ("target", "project/new", "named")] == [b"old", b"new", b"new"]


def test_what_is_no_regular_file_is_written_to_directly():
    reader, writer = os.pipe()
    write_bytes(Path(f"/dev/fd/{writer}"), b"x")
    assert os.read(reader, 2) == b"x"
    os.close(reader)
    os.close(writer)


def test_a_failure_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    file = tmp_path / "file"
    file.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match=r"cannot write plan\.yaml: No space left on device"):
        write_bytes(file, b"new", shown="plan.yaml")
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_failure_between_two_pieces_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    def pieces():
        yield b"new"
        raise ZeroDivisionError

    file = tmp_path / "file"
    file.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError):
        write_pieces(file, pieces())
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"cannot write out/plan\.yaml: there is no folder out"):
        write_bytes(tmp_path / "out" / "plan.yaml", b"x", shown="out/plan.yaml")


def test_a_folder_that_takes_no_files_is_not_said_to_be_missing():
    with pytest.raises(UsageError, match=r"cannot write /proc/plan\.yaml: No such file or directory"):
        write_bytes(Path("/proc/plan.yaml"), b"x")


def test_links_in_a_circle_are_refused(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(UsageError, match="cannot write"):
        write_bytes(tmp_path / "a", b"x")


def test_what_goes_wrong_while_the_content_is_made_is_not_told_as_the_file_s_fault(tmp_path):
    def pieces():
        yield b"one"
        raise RuntimeError("a fault of the program")

    with pytest.raises(RuntimeError, match="a fault of the program"):
        write_pieces(tmp_path / "out", pieces())
    assert list(tmp_path.iterdir()) == []

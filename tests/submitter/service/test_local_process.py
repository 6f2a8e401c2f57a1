import os
import signal
import sys
from pathlib import Path

import pytest

from kedro_batch.submitter.service.local_process import GatedProcess, read_tail


def behind_gate(folder: Path, *command: str, **environment: str) -> GatedProcess:
    return GatedProcess(
        command, folder=folder, environment={"PATH": os.environ["PATH"], **environment}, log=folder / "log"
    )


def test_a_command_does_not_start_before_its_gate_is_opened_and_never_if_that_is_shut(tmp_path):
    gated = behind_gate(tmp_path, "touch", "begun")
    gated.shut()
    assert gated.process.returncode == 0
    assert not (tmp_path / "begun").exists()


@pytest.mark.parametrize("sent", [b"", b"9", b"30\0", b"30\0001\0touch\0begun"])
def test_half_of_what_opens_the_gate_does_not_open_it(tmp_path, sent):
    gated = behind_gate(tmp_path, "touch", "begun")
    assert gated.process.stdin
    gated.process.stdin.write(sent)
    gated.shut()
    assert gated.process.returncode == 0
    assert not (tmp_path / "begun").exists()


def test_behind_the_gate_a_command_finds_what_it_finds_without_one(tmp_path):
    # A shell would drop the first of these variables, and add some (so does the one that pyenv puts in `python`'s
    # place). Python ignores SIGPIPE.
    odd = {"BASH_FUNC_module%%": "() { :; }", "a.b": "c=d\ne"}
    source = "import os, signal, sys; print(sorted(os.environ.items()), sys.stdin.read(), os.getpid() == os.getpgid(0))"
    gated = behind_gate(tmp_path, sys.executable, "-c", source, LC_ALL="C.UTF-8", **odd)
    gated.open_gate()
    assert gated.process.wait() == 0
    expected = sorted({"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **odd}.items())
    assert (tmp_path / "log").read_text() == f"{expected}  True\n"


def test_a_command_does_not_inherit_that_a_broken_pipe_is_ignored(tmp_path):
    gated = behind_gate(tmp_path, "bash", "-c", "yes | true; exit ${PIPESTATUS[0]}")
    gated.open_gate()
    assert gated.process.wait() == 128 + signal.SIGPIPE


@pytest.mark.parametrize(
    ("mode", "content", "said"),
    [(0o600, "#!/bin/sh\n", "Permission denied"), (0o700, "nothing that runs", "Exec format error")],
)
def test_a_command_that_cannot_be_executed_says_why(tmp_path, mode, content, said):
    (tmp_path / "program").write_text(content)
    (tmp_path / "program").chmod(mode)
    with pytest.raises(OSError, match=said) as refused:
        behind_gate(tmp_path, "./program").open_gate()
    assert refused.value.filename == "./program"


def test_an_earlier_log_is_never_overwritten_and_no_link_is_followed(tmp_path):
    for _ in range(2):
        gated = behind_gate(tmp_path, "echo", "once")
        gated.open_gate()
        gated.process.wait()
    assert (tmp_path / "log").read_text() == "once\nonce\n"
    (tmp_path / "log").unlink()
    (tmp_path / "log").symlink_to("elsewhere")
    with pytest.raises(OSError, match="Too many levels of symbolic links"):
        behind_gate(tmp_path, "true")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    ("written", "tail"),
    [("", ()), ("\n", ("",)), ("a", ("a",)), ("a\nb\n", ("b",)), ("a\nb", ("b",)), ("a\n\n", ("",))],
)
def test_the_end_of_a_log_has_the_lines_that_were_written_and_none_of_a_log_without_any(written, tail, tmp_path):
    (tmp_path / "log").write_text(written)
    assert read_tail(tmp_path / "log", 1) == tail

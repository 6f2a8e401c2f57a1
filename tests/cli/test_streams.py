"""Standard streams that are narrow, full or closed, and a working directory that is gone."""

import os
import shlex
import termios
from io import StringIO
from pathlib import Path

import pytest

from kedro_batch.cli.streams import fitted_to
from kedro_batch.cli.view_console import ViewConsole
from tests.support.command_line import PROGRAM, run
from tests.support.forked import kedro_batch
from tests.support.plans import write_plan

TEXT = "run r failed: 9 jobs, 6 succeeded\n  kedro-batch resume r  submit what has not succeeded\n"


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        (
            30,
            "run r failed: 9 jobs,\n  6 succeeded\n  submit what has not\n    succeeded:\n    kedro-batch resume r\n",
        ),
        (80, TEXT),
        (0, TEXT),
    ],
)
def test_a_text_is_fitted_into_the_width_of_a_terminal(columns, text):
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    with os.fdopen(theirs, "w") as stream:
        assert fitted_to(stream, TEXT) == text
    os.close(ours)


def test_a_text_that_no_terminal_shows_stays_as_it_is(tmp_path: Path):
    text = TEXT * 9
    with (tmp_path / "file").open("w") as stream:
        assert fitted_to(stream, text) == text
    assert fitted_to(StringIO(), text) == text


@pytest.mark.parametrize(
    ("kind", "draws"), [("xterm", True), ("dumb", False), ("unknown", False), ("", False), (None, False)]
)
def test_only_a_terminal_that_says_what_it_is_is_drawn_on(kind, draws, monkeypatch):
    monkeypatch.delenv("TERM", raising=False)
    if kind is not None:
        monkeypatch.setenv("TERM", kind)
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as stream:
        assert ViewConsole(stream, no_color=False).draws is draws
    os.close(ours)


RESULTS = ["show plan.yaml", "apply plan.yaml --dry-run", "runs", "runs --json", "status r", "status r --json"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a plan and a run."""
    folder = tmp_path_factory.mktemp("folder")
    write_plan(folder, {"a": ["true"]})
    assert kedro_batch("apply", "plan.yaml", "--local", "--run-id", "r", "-q", cwd=folder).code == 0
    return folder


def in_shell(command: str, cwd: Path, unbuffered: str = ""):
    """Run a command in a shell, in which ``kedro-batch`` is the program."""
    program = f'kedro_batch() {{ {shlex.join(PROGRAM)} "$@"; }}'
    return run(["bash", "-c", f"{program}; {command}"], cwd=cwd, env={"PYTHONUNBUFFERED": unbuffered})


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", [*RESULTS, "validate plan.yaml", "validate plan.yaml --json"])
def test_a_full_standard_output_is_named(folder, words, unbuffered):
    ended = in_shell(f"kedro_batch {words} > /dev/full", folder, unbuffered)
    assert ended.code == 2
    assert ended.err.endswith("Error: cannot write standard output: No space left on device\n")


@pytest.mark.parametrize("words", RESULTS)
def test_a_result_that_goes_nowhere_is_no_success(folder, words):
    ended = in_shell(f"kedro_batch {words} >&-", folder)
    assert (ended.code, ended.err) == (2, "Error: cannot write standard output: it is closed\n")


@pytest.mark.parametrize(
    "words", ["compile", "runs", "show plan.yaml", "demo", "init", "apply plan.yaml", "diff HEAD:plan.yaml plan.yaml"]
)
def test_a_working_directory_that_is_gone_is_named(tmp_path, words):
    ended = in_shell(f"mkdir gone && cd gone && rmdir ../gone && kedro_batch {words}", tmp_path)
    assert ended.code in (2, 4)
    assert ended.err.endswith(
        "The working directory does not exist any more: it was removed or moved. Go to one that does: cd DIR\n"
    )

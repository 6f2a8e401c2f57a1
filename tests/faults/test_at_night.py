"""The page for whoever is called at night: each of its rows was seen in a test, which then did what it says."""

import re
import shlex
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import click
import pytest

from kedro_batch.cli import kedro_commands
from tests.support.plans import write_plan
from tests.support.services import standin
from tests.support.transcripts import GOLDEN

PAGE = Path(__file__).parent.parent.parent / "docs" / "at-night.md"
ROW = re.compile(r"^\| `(?P<seen>[^`]+)` \| [^|]+ \| (?:`(?P<command>[^`]+)`|nothing|the code) \|$")
PLACES = {"RUN": r"\S+", "PLAN": r"\S+", "JOB": r"\S+", "...": r".*"}
"""What stands in the page for names of a user's own, and for what is left out."""


@dataclass(frozen=True)
class Row:
    """A row of the page: what is seen, and the command to type. Without one, the command that says it goes on."""

    seen: str
    command: str | None


def rows() -> list[Row]:
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    found = [ROW.match(line) for line in lines]
    assert all(found), [line for line, one in zip(lines, found, strict=True) if one is None]
    return [Row(one["seen"], one["command"]) for one in found if one]


def as_pattern(text: str) -> "re.Pattern[str]":
    """Return a pattern for what stands in the page, in which RUN, PLAN, JOB and ... stand for anything."""
    parts = re.split(rf"({'|'.join(map(re.escape, PLACES))})", text)
    return re.compile("".join(PLACES.get(part) or re.escape(part) for part in parts))


def steps(text: str) -> list[tuple[str, str]]:
    """Return the commands of a golden file, each with what it printed."""
    parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.seen[:60])
def test_each_row_was_seen_in_a_test_that_then_did_what_it_says(row):
    seen = as_pattern(row.seen)
    for file in GOLDEN.glob("*.txt"):
        told = steps(file.read_text())
        if row.command is None:
            if any(seen.search(printed) and printed.rstrip().endswith("\nexit 0") for _, printed in told):
                return
        elif any(
            seen.search(printed) and as_pattern(row.command).fullmatch(following)
            for (_, printed), (following, _) in pairwise(told)
        ):
            return
    pytest.fail(f"no golden file of {GOLDEN} shows {row.seen!r} and then runs {row.command or 'on to exit code 0'!r}")


def test_a_command_that_fails(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]}, {"b": "a"})
    with standin(fail={"a": 9}) as service:
        transcript.on(service, "apply", "plan.yaml", "--run-id", "r")
        service.configure(fail={})
        assert transcript.on(service, "resume", "r").code == 0
    transcript.check("a_command_that_fails")


@pytest.mark.parametrize("command", sorted({one.command for one in rows() if one.command}))
def test_each_command_can_be_typed_once_the_names_are_replaced(tmp_path, monkeypatch, command):
    """``...`` stands for the value of an option, or for further words."""
    monkeypatch.chdir(tmp_path)
    write_plan(tmp_path, {"a": ["x"]})
    names = {"RUN": "r", "PLAN": "plan.yaml", "JOB": "a"}
    program, *words = [names.get(word, word) for word in shlex.split(command)]
    if program != "kedro-batch":
        assert program in ("aws", "export", "unset")
        return
    words = ["2h" if word == "..." and before.startswith("--") else word for before, word in pairwise(["", *words])]
    verb, *words = [word for word in words if word != "..."]
    group = kedro_commands.commands["batch"]
    assert isinstance(group, click.Group)
    named = group.commands.get(verb)
    assert named, f"there is no command {verb}"
    with named.make_context(verb, words) as context:
        assert context.params

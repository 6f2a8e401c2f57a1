"""The page for whoever is called at night: each of its rows was seen in a test, and its command was run there."""

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.plans import write_plan
from tests.support.services import standin
from tests.support.transcripts import GOLDEN

PAGE = Path(__file__).parent.parent.parent / "docs" / "at-night.md"
ROW = re.compile(r"^\| `(?P<seen>[^`]+)` \| [^|]+ \| `(?P<command>[^`]+)`[^|]*\|$")
PLACES = {"RUN": r"\S+", "PLAN": r"\S+", "JOB": r"\S+", "...": r".*"}
"""What stands in the page for names of a user's own, and for what is left out."""


@dataclass(frozen=True)
class Row:
    """A row of the page: what is seen, and what to type."""

    seen: str
    command: str


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
    seen, command = as_pattern(row.seen), as_pattern(row.command)
    for file in GOLDEN.glob("*.txt"):
        for (_, printed), (following, _) in pairwise(steps(file.read_text())):
            if seen.search(printed) and command.fullmatch(following):
                return
    pytest.fail(f"no golden file of {GOLDEN} shows {row.seen!r} and then runs {row.command!r}")


def test_a_command_that_fails(tmp_path, transcript):
    write_plan(tmp_path, {"a": ["x"], "b": ["x"]}, {"b": "a"})
    with standin(fail={"a": 9}) as service:
        transcript.on(service, "apply", "plan.yaml", "--run-id", "r")
        service.configure(fail={})
        assert transcript.on(service, "resume", "r").code == 0
    transcript.check("a_command_that_fails")

"""Journals that came from elsewhere: odd rows are a message about that row, and nothing in them moves a terminal."""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.forked import kedro_batch, on
from tests.support.plans import write_plan
from tests.support.runs import JOURNAL
from tests.support.services import StandIn, standin

ESCAPE = "\x1b]0;x\x07\x1b[2J\nError: run it again as root\r\u202e"
FREE_TEXT = ("status", "reason", "advice", "log", "log_problem", "revision")
"""Columns of submissions that may hold any text; what is shown of it is shown harmlessly."""


@dataclass(frozen=True)
class Recorded:
    """A folder with the journal of two runs: in ``r`` a job has failed, and ``other`` has succeeded."""

    folder: Path
    service: StandIn

    def change(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.folder / JOURNAL)) as journal, journal:
            changed = journal.execute(statement, values).rowcount
        assert changed > 0

    def on(self, *words: str) -> tuple[int, str]:
        """Run a command, and return its exit code and all that it says; none of it may move a terminal."""
        ended = on(self.service, *words, cwd=self.folder)
        said = ended.text + ended.err
        assert not {"\x1b", "\x07", "\r", "\u202e"} & set(said), ascii(said)
        assert "\nError: run it again" not in said
        assert "Traceback" not in said, said
        return ended.code, said


@pytest.fixture(scope="module")
def service() -> Iterator[StandIn]:
    with standin(fail={"a": 3}, run_s=0.02) as it:
        yield it


@pytest.fixture(scope="module")
def original(service: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("original")
    write_plan(folder, {"c": ["x"]})
    assert on(service, "apply", "plan.yaml", "-q", "--run-id", "other", cwd=folder).code == 0
    write_plan(folder, {"a": ["x"], "b": ["x"]}, {"b": "a"})
    assert on(service, "apply", "plan.yaml", "-q", "--run-id", "r", cwd=folder).code == 6
    return folder


@pytest.fixture
def recorded(original: Path, service: StandIn, tmp_path: Path) -> Recorded:
    folder = tmp_path / "copy"
    shutil.copytree(original, folder)
    return Recorded(folder, service)


def others_are_usable(recorded: Recorded) -> None:
    code, said = recorded.on("status", "other")
    assert (code, "1 succeeded" in said) == (0, True), said


@pytest.mark.parametrize(("column", "value"), [("state", "HIBERNATING"), ("job", ESCAPE), ("log_tail", "[" * 100_000)])
def test_an_odd_row_of_a_job_is_one_message_that_names_it_and_other_runs_stay_usable(recorded, column, value):
    # A name of this code, no input.
    statement = f"UPDATE submissions SET {column} = ? WHERE run = 'r' AND job = 'a'"  # noqa: S608
    recorded.change(statement, value)
    code, said = recorded.on("status", "r")
    assert (code, said.count("\n")) == (2, 1), said
    assert said.startswith(f"Error: the journal {JOURNAL} has an odd row for run 'r', ")
    assert f": {column} is {ascii(value)[:20]}" in said
    code, said = recorded.on("runs")
    assert (code, said.count("\n")) == (0, 3)
    others_are_usable(recorded)


@pytest.mark.parametrize(("column", "value"), [("run", ESCAPE), ("outcome", "evaporated"), ("location", "{")])
def test_an_odd_row_of_a_run_is_named_in_the_list_and_the_others_are_listed(recorded, column, value):
    recorded.change(f"UPDATE runs SET {column} = ? WHERE run = 'r'", value)  # noqa: S608  a name of this code, no input
    code, said = recorded.on("runs")
    assert code == 0
    assert f"Warning: the journal {JOURNAL} has an odd row for run " in said
    assert f": {column} is {ascii(value)[:20]}" in said
    assert "other  " in said
    if column != "run":
        code, said = recorded.on("status", "r")
        assert (code, "has an odd row for run 'r'" in said) == (2, True)
    others_are_usable(recorded)
    write_plan(recorded.folder, {"c": ["x"]})
    assert recorded.on("apply", "plan.yaml", "-q")[0] == 0


@pytest.mark.parametrize(("value", "code"), [(None, 2), (b"\x1b]0;x\x07", 4)])
def test_a_run_without_its_plan_is_a_message(recorded, value, code):
    if value is None:
        recorded.change("UPDATE runs SET plan = 1 WHERE run = 'r'")
    else:
        recorded.change("UPDATE runs SET plan = ? WHERE run = 'r'", value)
    for command in ("status", "cancel"):
        assert recorded.on(command, "r")[0] == code
    others_are_usable(recorded)


@pytest.mark.parametrize(
    "event", ["{", "[]", "null", ESCAPE, json.dumps({"job": "a", "submission": 1, "job_id": ESCAPE})]
)
def test_an_event_that_is_none_is_a_message_and_ends_no_report(recorded, event):
    recorded.change("INSERT INTO events (run, event) VALUES ('r', ?)", event)
    code, said = recorded.on("cancel", "r")
    assert (code, "has an odd row for run 'r'" in said) == (2, True), said
    assert recorded.on("status", "r")[0] == 0
    code, said = recorded.on("report", "r")
    assert (code, "Events of the journal that cannot be read: 1." in said) == (0, True), said
    others_are_usable(recorded)


@pytest.mark.parametrize("cause", ["exit", "memory"], ids=["shown", "an odd row"])
def test_text_that_anybody_may_have_written_reaches_no_terminal_as_it_is(recorded, cause):
    for column in FREE_TEXT:
        # A name of this code, no input.
        statement = f"UPDATE submissions SET {column} = ? WHERE run = 'r' AND job = 'a'"  # noqa: S608
        recorded.change(statement, ESCAPE)
    recorded.change("UPDATE submissions SET log_tail = ? WHERE run = 'r'", json.dumps([ESCAPE]))
    recorded.change("UPDATE submissions SET cause = ? WHERE run = 'r' AND job = 'a'", cause)
    recorded.change("UPDATE runs SET location = ? WHERE run = 'r'", json.dumps({"account": ESCAPE, "region": ESCAPE}))
    recorded.change("UPDATE events SET event = json_set(event, '$.message', ?) WHERE run = 'r'", ESCAPE)
    for words in (["status", "r"], ["status", "r", "--json"], ["runs"], ["runs", "--json"], ["versions", "r"]):
        recorded.on(*words)
    for command in ("wait", "resume", "cancel"):
        assert recorded.on(command, "r")[0] in (2, 5)  # it was applied in an account of that name
    recorded.change("UPDATE runs SET location = '{}' WHERE run = 'r'")
    for words in (["wait", "r"], ["wait", "r", "-v"], ["resume", "r"], ["cancel", "r"]):
        assert recorded.on(*words)[0] in (0, 2, 6)


def test_a_report_shows_such_text_harmlessly_in_every_format(recorded):
    attempt = {"started_at": 1.0, "stopped_at": 2.0, "reason": ESCAPE, "log": ESCAPE, "instance": ESCAPE}
    texts = dict.fromkeys((*FREE_TEXT, "exception", "exception_cause", "node"), ESCAPE)
    texts |= {"log_tail": json.dumps([ESCAPE]), "details": json.dumps({"attempts": [attempt]})}
    for column, text in texts.items():
        # A name of this code, no input.
        recorded.change(f"UPDATE submissions SET {column} = ? WHERE run = 'r' AND job = 'a'", text)  # noqa: S608
    recorded.change("UPDATE runs SET location = ? WHERE run = 'r'", json.dumps({"account": ESCAPE, "region": ESCAPE}))
    for form in ("markdown", "json", "csv", "html"):
        code, said = recorded.on("report", "r", "--format", form)
        assert (code, "run it again as root" in said) == (0, True)


def test_the_holder_of_a_run_is_named_harmlessly(recorded):
    lock = recorded.folder / ".kedro-batch" / "runs" / "r" / "lock"
    lock.write_text(ESCAPE * 1000)
    program = (
        "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX); print(flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        code, said = recorded.on("wait", "r")
        holder.kill()
    assert (code, "is being worked on by" in said) == (2, True)
    assert len(said) < 5000


def test_a_journal_that_is_a_link_works_as_the_file_does(recorded):
    (recorded.folder / "link.db").symlink_to(JOURNAL)
    ended = kedro_batch("status", "other", "--journal", "link.db", cwd=recorded.folder)
    assert (ended.code, "link.db" in ended.text) == (0, True)
    assert recorded.on("wait", "other", "--journal", "link.db")[0] == 0
    assert not (recorded.folder / "runs").exists()

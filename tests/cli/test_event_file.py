"""``--events FILE``: the events of ``--json`` in a file, beside what people are shown."""

import json
import os
import sys
from pathlib import Path

import pytest

from kedro_batch.cli.event_file import EventFile
from kedro_batch.cli.json_lines import JsonLines
from kedro_batch.errors import UsageError
from tests.support.forked import on
from tests.support.plans import write_plan
from tests.support.services import standin

NOTICE = '{"event": "notice", "message": "caf\xe9 \udc80"}'
BEFORE = b'{"schema": 1, "event": "run_started", "at": "2026-01-01T00:00:00Z"}\n'


def test_every_command_appends_its_events_and_shows_them_to_people(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    events = ("--events", "events.ndjson")
    with standin(fail_attempts={"a": 1}) as service:
        first = on(service, "apply", "plan.yaml", "--run-id", "r", *events, cwd=tmp_path)
        assert (first.code, "a failed: exit code 1" in first.err + first.text) == (6, True)
        asked = on(service, "resume", "last", "--json", *events, cwd=tmp_path)
        assert asked.code == 0
        refused = on(service, "wait", "r", "--events", "-", cwd=tmp_path)
        assert (refused.code, "write --json instead" in refused.err) == (2, True)
        refused = on(service, "wait", "r", "--events", "absent/events", cwd=tmp_path)
        assert (refused.code, "Name another --events FILE" in refused.err) == (2, True)
        plan = (tmp_path / "plan.yaml").read_bytes()
        refused = on(service, "apply", "plan.yaml", "--events", "plan.yaml", "--journal", "absent", cwd=tmp_path)
        assert (refused.code, "Name another --events FILE" in refused.err) == (2, True)
        assert ((tmp_path / "plan.yaml").read_bytes(), (tmp_path / "absent").exists()) == (plan, False)
        refused = on(service, "wait", "r", "--events", ".kedro-batch/journal.db", cwd=tmp_path)
        assert (refused.code, "something else than events" in refused.err) == (2, True)
    lines = (tmp_path / "events.ndjson").read_text().splitlines()
    told = [json.loads(line) for line in lines]
    assert [one["outcome"] for one in told if one["event"] == "run_finished"] == ["failed", "succeeded"]
    printed = [json.loads(line) for line in asked.text.splitlines()]
    kinds = [one["event"] for one in told]
    resumed = told[kinds.index("run_started", 1) :]
    assert resumed == printed


def test_a_pipe_that_nobody_reads_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match=r"pipe: nobody reads this pipe\. Start its reader first$"):
        EventFile(tmp_path / "pipe")


def test_a_pipe_makes_the_run_wait_for_its_reader_until_a_signal_comes(tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    looks: list[int] = []

    def is_interrupted() -> bool:
        looks.append(1)
        return len(looks) > 1

    with EventFile(tmp_path / "pipe", is_interrupted, patience_s=0) as file:
        file.write("x" * 1_000_000)
        file.write("y")
    assert len(looks) > 1
    assert os.read(reader, 10) == b"x" * 10
    os.close(reader)
    assert capsys.readouterr().err.count("cannot write the events to ") == 1


def test_a_full_disk_is_told_once_also_behind_standard_output(capsys, monkeypatch):
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        written = JsonLines(lambda: False)
        written.write(NOTICE)
        written.write(NOTICE)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "cannot write the events to standard output: No space left on device" in said


def test_a_full_disk_is_told_once(capsys):
    with EventFile(Path("/dev/full")) as file:
        file.write(NOTICE)
        file.write(NOTICE)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "cannot write the events to /dev/full: No space left on device" in said


@pytest.mark.parametrize(
    "content",
    ["jobs: []\n", "{}\n", '{"run": "r"}', f"{NOTICE}\n# seen\n", "[" * 100_000, "x" * (1 << 17) + "\n", "\x00\n"],
    ids=["yaml", "json", "run", "behind", "deep", "long", "binary"],
)
def test_a_file_that_holds_something_else_is_refused_and_stays_as_it_is(tmp_path, content):
    file = tmp_path / "plan.yaml"
    file.write_text(content, errors="surrogateescape")
    with pytest.raises(UsageError, match=r"plan\.yaml: it holds something else than events\. Name another --events"):
        EventFile(file)
    assert file.read_text(errors="surrogateescape") == content


def test_a_long_event_is_known_as_one(tmp_path):
    file = tmp_path / "events"
    file.write_text(f'{NOTICE}\n{{"event": "plan_changed", "jobs": "{"x" * (1 << 17)}"}}\n', errors="surrogateescape")
    with EventFile(file) as events:
        events.write(NOTICE)
    assert len(file.read_bytes().splitlines()) == 3


@pytest.mark.parametrize(
    ("before", "lines"), [(b"", 1), (BEFORE, 2), (BEFORE[:-20], 2), (BEFORE[:3], 2), (BEFORE[:-20] + b"\n", 2)]
)
def test_a_line_that_was_cut_stays_apart(tmp_path, before, lines):
    file = tmp_path / "events"
    file.write_bytes(before)
    with EventFile(file) as events:
        events.write(NOTICE)
    written = file.read_text().splitlines()
    assert len(written) == lines
    assert json.loads(written[-1])["event"] == "notice"

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


@pytest.mark.parametrize(("before", "lines"), [(b"", 1), (b"{}\n", 2), (b'{"cut', 2)])
def test_a_line_that_was_cut_stays_apart(tmp_path, before, lines):
    file = tmp_path / "events"
    file.write_bytes(before)
    with EventFile(file) as events:
        events.write(NOTICE)
    written = file.read_text().splitlines()
    assert len(written) == lines
    assert json.loads(written[-1])["event"] == "notice"

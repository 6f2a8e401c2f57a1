"""``status`` says when a run is expected to end, if earlier runs tell, and only of a run that goes on."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kedro_batch.files import json_schema
from tests.support.forked import on
from tests.support.plans import write_plan
from tests.support.runs import JOURNAL
from tests.support.services import StandIn, standin
from tests.support.terminals import on_terminal

ESTIMATE = (
    r"\n  expected to end at [0-9: -]+ \(in [12] h \d+ min\), likely [0-9: -]+ to [0-9: -]+, as 1 earlier run took\n"
)


def status(service: StandIn, folder: Path, run: str) -> tuple[str, dict[str, str] | None]:
    """Give what status says, and the estimate in its JSON."""
    text, document = (on(service, "status", run, *words, cwd=folder) for words in ((), ("--json",)))
    assert (text.code, document.code) == (0, 0), text.err + document.err
    found = json.loads(document.text)
    assert not [*json_schema.check(found, "run")]
    return text.text, found.get("expected_end")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_plan(tmp_path, {name: ["x"] for name in "abc"}, {"b": "a", "c": "b"})
    return tmp_path


def test_the_end_of_a_run_that_goes_on_is_expected_as_earlier_runs_took(folder):
    with standin() as service:
        assert on(service, "apply", "plan.yaml", "--run-id", "first", cwd=folder).code == 0
        service.configure(durations={"a": 600})
        with closing(sqlite3.connect(folder / JOURNAL)) as journal, journal:
            journal.execute("UPDATE submissions SET stopped_at = started_at + 2900 WHERE run = 'first'")
        apply = ("apply", "plan.yaml", "--run-id", "second")
        with on_terminal(*apply, cwd=folder, env=service.environment, kind="xterm") as terminal:
            terminal.wait_for("expected to end at ")
            terminal.wait_for("usually 48 min 20 s")
            terminal.wait_for("2 waiting for other jobs")
            terminal.process.sendintr()
            assert terminal.end().code == 130
        assert on(service, "wait", "second", "--once", cwd=folder).code != 0
        said, estimate = status(service, folder, "second")
        assert re.search(ESTIMATE, said), said
        assert estimate
        assert estimate["earliest"] <= estimate["at"] <= estimate["latest"]
        assert estimate["basis"] == "1 earlier run; at most 3 jobs at once"
        said, estimate = status(service, folder, "first")
        assert "expected" not in said
        assert estimate is None

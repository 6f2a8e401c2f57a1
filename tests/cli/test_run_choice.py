"""How a run is named: by its id, ``last``, or the beginning of its id, and what a shell completes."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kedro_batch.cli.run_choice import choose_run, choose_run_id, named_run_id
from kedro_batch.errors import RunUnknown, UsageError
from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_rows import RunEntry
from tests.support.forked import kedro_batch
from tests.support.plans import write_plan
from tests.support.runs import JOURNAL


def journal(folder: Path, *runs: str) -> Journal:
    book = Journal(folder / JOURNAL)
    for number, run in enumerate(runs):
        digest = PlanDigest("sha256:" + "0" * 64)
        book.begin(
            RunEntry(run=RunId(run), digest=digest, engine="aws", jobs=1, began_at=1_700_000_000.0 + number), b""
        )
    book.commit()
    return book


@pytest.mark.parametrize(
    ("given", "prefix", "said"),
    [
        (None, False, "Run night-9, the last one.\n"),
        ("last", True, "Run night-9, the last one.\n"),
        ("night-1", True, ""),
        ("d", True, "Run day.\n"),
        ("day", False, ""),
        ("d", False, ""),
        ("week", True, ""),
    ],
)
def test_a_run_is_named_by_its_id_last_or_the_beginning_of_its_id(tmp_path, capsys, given, prefix, said):
    chosen = said[4:].partition(",")[0].strip(" .\n") or given
    book = journal(tmp_path, "night-1", "night-10", "day", "night-9")
    assert choose_run_id(book, given, prefix=prefix) == chosen
    assert capsys.readouterr().err == said
    assert choose_run_id(book, given, prefix=prefix, quiet=True) == chosen
    assert not capsys.readouterr().err


def test_of_several_runs_whose_ids_begin_so_the_ten_newest_are_named(tmp_path):
    book = journal(tmp_path, *(f"night-{number}" for number in range(12)))
    newest = ", ".join(f"night-{number}" for number in range(11, 1, -1))
    told = f"the ids of 12 runs begin with night, the newest first: {newest} and 2 more. Name one of them"
    with pytest.raises(UsageError, match=f"^{told}$"):
        choose_run(book, "night", prefix=True)


def test_beside_a_plan_an_id_counts_as_it_stands():
    assert named_run_id("night") == "night"
    for given in (None, "last"):
        with pytest.raises(UsageError, match="name the id of the run, too"):
            named_run_id(given)


def test_a_run_that_is_not_there_is_unknown(tmp_path):
    with pytest.raises(RunUnknown, match="has no run yet"):
        choose_run(journal(tmp_path), "last", prefix=True)
    with pytest.raises(RunUnknown, match="has no run n: see"):
        choose_run(journal(tmp_path, "night-1"), "n", prefix=False)


def test_no_run_can_be_called_last(tmp_path):
    write_plan(tmp_path, {"a": ["x"]})
    refused = kedro_batch("apply", "plan.yaml", "--local", "--run-id", "last", cwd=tmp_path)
    assert refused.code == 2
    assert "no run can be called last" in refused.err
    assert not (tmp_path / JOURNAL).exists()


def test_completion_waits_for_nobody_says_nothing_and_writes_nothing(tmp_path):
    book = journal(tmp_path, "night-1", "day", "night-2")

    def offered(*words: str) -> list[str]:
        asked = {"COMP_WORDS": " ".join(("kedro-batch", *words)), "COMP_CWORD": str(len(words))}
        ended = kedro_batch(cwd=tmp_path, env={"_KEDRO_BATCH_COMPLETE": "bash_complete", **asked})
        assert not ended.err
        return ended.text.split()

    book.intend(RunId("day"), [(JobName("load"), 1), (JobName("log"), 1), (JobName("train"), 1)], 1_700_000_100.0)
    book.commit()
    jobs = {"day": ["load", "log"], "d": ["load", "log"], "night-1": [], "night": [], "last": [], "../x": []}
    assert offered("status", "n") == ["plain,night-2", "plain,night-1"]
    for run, its_jobs in jobs.items():
        assert offered("logs", "--run", run, "lo") == [f"plain,{job}" for job in its_jobs]
    assert offered("logs", "lo") == []
    before = sorted(tmp_path.rglob("*")), book.file.read_bytes()
    with closing(sqlite3.connect(book.file)) as another:
        another.execute("BEGIN EXCLUSIVE")
        assert offered("resume", "n") == []
        assert offered("logs", "--run", "day", "lo") == []
    assert (sorted(tmp_path.rglob("*")), book.file.read_bytes()) == before
    book.file.write_bytes(b"no journal")
    assert offered("cancel", "n") == []
    assert offered("logs", "lo") == []

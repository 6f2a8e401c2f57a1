"""A local run whose command is killed with SIGKILL: its jobs go on, and the next command has to deal with them."""

import os
import re
import signal
import sqlite3
import subprocess
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from kedro_batch.submitter.service.local_record import Began, read_record
from kedro_batch.submitter.service.process_table import find_members
from tests.support.command_line import PROGRAM, Ended, environment
from tests.support.forked import kedro_batch
from tests.support.plans import write_plan
from tests.support.runs import JOURNAL, wait_until

SLOW = ["bash", "-c", "echo begun $$ >> ledger; [ -e quick ] || { sleep 600 & wait; }; echo done $$ >> ledger"]
RUN_FOLDER = Path(".kedro-batch") / "runs" / "r"


@contextmanager
def killed(folder: Path, *words: str, when: str = "ledger", known: Collection[str] = ()) -> Iterator[list[int]]:
    """Apply plan.yaml as run r, and kill that; gives the processes that are left, and ends them with the block.

    Args:
        folder: The project.
        words: More words of the command.
        when: A file that is there before the command is killed.
        known: Jobs whose ids the journal has before that; it is written every fifth of a second.
    """
    command = [*PROGRAM, "apply", "plan.yaml", "--local", "--run-id", "r", "-q", *words]
    with subprocess.Popen(command, cwd=folder, env=environment(), stdout=subprocess.DEVNULL) as process:
        wait_until((folder / when).exists, process)
        wait_until(lambda: ids_of(folder).issuperset(known), process)
        process.kill()
    groups = [one.group for one in read_record(folder / RUN_FOLDER / "processes.jsonl") if isinstance(one, Began)]
    try:
        yield groups
    finally:
        for group in groups:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)


def ids_of(folder: Path) -> set[str]:
    """Return the jobs whose ids the journal has."""
    with closing(sqlite3.connect(folder / JOURNAL)) as journal:
        return {job for (job,) in journal.execute("SELECT job FROM submissions WHERE job_id IS NOT NULL")}


def lives(group: int) -> bool:
    return bool(find_members({group}))


def ledger(folder: Path) -> list[str]:
    return [line.split()[0] for line in (folder / "ledger").read_text().splitlines()]


def resume(folder: Path) -> Ended:
    return kedro_batch("resume", "r", cwd=folder)


def test_what_a_killed_command_has_left_is_ended_before_the_same_jobs_start_again(tmp_path):
    write_plan(tmp_path, {"slow": SLOW, "after": ["true"]}, {"after": "slow"})
    with killed(tmp_path) as (group,):
        assert lives(group)
        (tmp_path / "quick").touch()
        ended = resume(tmp_path)
        assert ended.code == 0, ended.err
        assert "an earlier command of this run was killed, and 1 job of it went on (slow): first these are" in ended.err
        assert not lives(group)
    assert ledger(tmp_path) == ["begun", "begun", "done"]
    assert sorted(log.name for log in (tmp_path / RUN_FOLDER / "logs").iterdir())[-2:] == [
        "slow.1.1.log",
        "slow.2.1.log",
    ]


def test_apply_with_the_id_of_the_run_ends_them_too(tmp_path):
    write_plan(tmp_path, {"slow": SLOW})
    with killed(tmp_path) as (group,):
        (tmp_path / "quick").touch()
        kedro_batch("apply", "plan.yaml", "--local", "--run-id", "r", cwd=tmp_path)
        assert not lives(group)


@pytest.mark.parametrize(
    ("without_id", "counts"), [(None, "2 jobs, 2 cancelled"), ("after", "2 jobs, 1 cancelled, 1 not run")]
)
def test_cancel_ends_them_and_runs_nothing(without_id, counts, tmp_path):
    write_plan(tmp_path, {"slow": SLOW, "after": ["true"]}, {"after": "slow"})
    with killed(tmp_path, known={"slow", "after"}) as (group,):
        with closing(sqlite3.connect(tmp_path / JOURNAL)) as journal:  # as if it had been killed before the commit
            journal.execute("UPDATE submissions SET state = 'SUBMITTING', job_id = NULL WHERE job = ?", (without_id,))
            journal.commit()
        assert "has not ended" in kedro_batch("status", "r", cwd=tmp_path).text
        ended = kedro_batch("cancel", "r", cwd=tmp_path)
        assert (ended.code, lives(group)) == (0, False)
        assert "run r cancelled after" in ended.text
        assert f": {counts}\n" in ended.text
        assert "nobody knows how it ended" not in ended.text
        assert re.search(r"run r cancelled after .+, as last seen", kedro_batch("status", "r", cwd=tmp_path).text)
    again = kedro_batch("cancel", "r", cwd=tmp_path)
    assert again.code == 0
    assert "run r is a local run, and nothing of it goes on: its jobs end when its command ends. See" in again.err
    as_json = kedro_batch("cancel", "r", "--json", cwd=tmp_path)
    assert (as_json.code, as_json.err) == (0, "")
    assert ledger(tmp_path) == ["begun"]


STUBBORN = ["bash", "-c", "trap '' TERM; touch ledger; [ -e quick ] || while :; do sleep 1; done"]


@pytest.mark.parametrize("command", ["resume", "cancel"])
def test_ctrl_c_while_they_are_being_ended_ends_them_at_once(tmp_path, command):
    write_plan(tmp_path, {"slow": STUBBORN})
    with killed(tmp_path) as (group,):
        words = [*PROGRAM, command, "r", "--json"]
        with subprocess.Popen(
            words, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            assert process.stdout
            next(line for line in process.stdout if "first these are ended" in line)
            process.send_signal(signal.SIGINT)
            process.stdout.read()
        assert process.returncode == 130
        assert not lives(group)


def test_they_count_whatever_the_journal_says_of_the_run(tmp_path):
    write_plan(tmp_path, {"slow": STUBBORN}, slow={"writes": ["x"]})
    with killed(tmp_path):
        with closing(sqlite3.connect(tmp_path / JOURNAL)) as journal:
            journal.execute("UPDATE runs SET outcome = 'interrupted'")
            journal.commit()
        ended = kedro_batch("apply", "plan.yaml", "--local", "--exclusive", cwd=tmp_path)
        assert ended.code == 2
        assert "Its command was killed; to end what that left: kedro-batch cancel r" in ended.err


def test_a_run_whose_record_is_odd_holds_up_no_other(tmp_path):
    write_plan(tmp_path, {"slow": SLOW}, slow={"writes": ["x"]})
    with killed(tmp_path):
        (tmp_path / "quick").touch()
        record = tmp_path / RUN_FOLDER / "processes.jsonl"
        record.rename(record.with_suffix(".moved"))
        record.symlink_to("elsewhere")
        assert kedro_batch("apply", "plan.yaml", "--local", cwd=tmp_path).code == 0
        record.unlink()
        record.with_suffix(".moved").rename(record)


def test_a_run_of_which_they_are_left_counts_as_one_that_goes_on(tmp_path):
    write_plan(tmp_path, {"slow": SLOW}, slow={"writes": ["x"]})
    with killed(tmp_path):
        ended = kedro_batch("apply", "plan.yaml", "--local", "--exclusive", cwd=tmp_path)
        assert ended.code == 2
        assert "run r of this project goes on and writes 1 dataset of the same name (x)" in ended.err
        assert "Its command was killed; to end what that left: kedro-batch cancel r" in ended.err
        assert kedro_batch("cancel", "r", cwd=tmp_path).code == 0
        (tmp_path / "quick").touch()
        assert kedro_batch("apply", "plan.yaml", "--local", "--exclusive", cwd=tmp_path).code == 0


def test_what_the_record_has_done_is_not_run_again_whatever_the_journal_knows(tmp_path):
    note = ["bash", "-c", "echo $KEDRO_BATCH_JOB >> done"]
    last = ["bash", "-c", "[ -e quick ] || { touch last; exec sleep 600; }"]
    jobs = {f"j{number:03}": note for number in range(20)}
    write_plan(tmp_path, {**jobs, "last": last}, {"last": " ".join(jobs)})
    with killed(tmp_path, when="last"):
        # As if the last commits had not come: some without their ends, some without their ids.
        with closing(sqlite3.connect(tmp_path / JOURNAL)) as journal:
            journal.execute("UPDATE submissions SET state = 'RUNNING'")
            journal.execute("UPDATE submissions SET state = 'SUBMITTING', job_id = NULL WHERE job > 'j010'")
            journal.commit()
        (tmp_path / "quick").touch()
        ended = resume(tmp_path)
    assert ended.code == 0, ended.err
    assert sorted((tmp_path / "done").read_text().split()) == sorted(jobs)

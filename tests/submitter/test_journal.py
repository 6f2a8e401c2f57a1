import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from kedro_batch.errors import UsageError
from kedro_batch.plan.data_version import DataVersion
from kedro_batch.plan.model import JobName, PlanDigest
from kedro_batch.plan.submit_job import JobId, RunId
from kedro_batch.submitter.events import (
    JobChanged,
    JobLog,
    JobSubmitted,
    Notice,
    NoticeKind,
    RunFinished,
)
from kedro_batch.submitter.failures import Cause, Failure
from kedro_batch.submitter.job_state import JobRecord, JobState
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_place import DEFAULT_JOURNAL
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import read_journal
from tests.support.command_line import GENEROUS_S
from tests.support.runs import as_of_version_2, as_of_version_3, as_of_version_4, as_of_version_5
from tests.support.users import folder_of_everybody, unprivileged

RUN = RunId("r1")
A, B = JobName("a"), JobName("b")
S = JobState
OLDER = [as_of_version_2, as_of_version_3, as_of_version_4, as_of_version_5]
INTENDED = JobRecord(state=S.SUBMITTING, intended_at=101.0)
PREAMBLE = """
import os, signal, sqlite3, sys
from pathlib import Path
from typing import Any
from typing import Any
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_rows import RunEntry
file = Path(sys.argv[1])
"""


def entry(run: str = RUN, began_at: float = 100.0, **more) -> RunEntry:
    return RunEntry(run=RunId(run), digest=PlanDigest("sha256:0"), engine="aws", jobs=2, began_at=began_at, **more)


@contextmanager
def a_journal(file: Path) -> Iterator[Journal]:
    with closing(Journal(file)) as journal:
        yield journal


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a journal with one run in it, of which a job was about to be sent."""
    with a_journal(tmp_path / "folder" / "journal.db") as journal:
        journal.begin(entry(), b"the plan\n")
        journal.intend(RUN, [(A, 1)], at=101.0)
    return tmp_path / "folder" / "journal.db"


def in_another_process(script: str, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PREAMBLE + script, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=GENEROUS_S)


def commits(file: Path) -> int:
    """Read the file's change counter (SQLite file format, 1.3.7): every transaction adds one."""
    return int.from_bytes(file.read_bytes()[24:28], "big")


def everything_in(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {one.name: (one.read_bytes(), one.stat().st_mtime_ns) for one in folder.iterdir()}


def submitted(job: JobName, job_id: str, submission: int = 1) -> JobSubmitted:
    return JobSubmitted(job=job, job_id=JobId(job_id), submission=submission)


def changed(job: JobName, job_id: str | None, before: JobState, after: JobState, **more) -> JobChanged:
    return JobChanged(
        job=job, job_id=JobId(job_id) if job_id else None, submission=1, before=before, after=after, **more
    )


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file of this process grow: whoever tries gets an error, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


# What is written and read


def test_a_run_is_found_again_as_it_was_begun_with_its_plan_byte_for_byte(tmp_path):
    plan = b"schema: x # \xc3\xa4\r\n\x00"
    with a_journal(tmp_path / "journal.db") as journal:
        journal.begin(entry("later", 200.5, location={"region": "eu-west-1"}), plan)
        journal.begin(entry("earlier", 100.0), b"")
        journal.commit()
    with read_journal(tmp_path / "journal.db") as view:
        assert view.runs() == (entry("earlier", 100.0), entry("later", 200.5, location={"region": "eu-west-1"}))
        assert view.run(RunId("later")) == view.runs()[1]
        assert view.run(RunId("nobody")) is None
        assert view.plan(RunId("later")) == plan


def test_what_is_recorded_of_a_job_follows_the_events(file):
    blocked = changed(B, None, S.NOT_SUBMITTED, S.NOT_RUN, blocked_by=A)
    with a_journal(file) as journal:
        assert journal.records(RUN) == {A: INTENDED}
        journal.record(RUN, submitted(A, "1"), 102.0)
        why: dict[str, Any] = {
            "reason": "why",
            "cause": Cause.EXIT,
            "advice": "read its log",
            "exit_code": 3,
            "attempts": 2,
            "log": "here",
        }
        of_log: dict[str, Any] = {"exception": "ValueError: no x", "exception_cause": "KeyError: 'x'", "node": "n"}
        journal.record(RUN, changed(A, "1", S.SUBMITTED, S.FAILED, **why), 103.0)
        journal.record(RUN, JobLog(job=A, submission=1, lines=("boom",), **of_log), 103.1)
        journal.record(RUN, blocked, 103.2)
        journal.record(RUN, Notice(kind=NoticeKind.WARNING, message="m"), 103.3)
        assert journal.waiting
        assert journal.records(RUN) == {A: INTENDED}  # nothing of it has been written yet
        journal.commit()
        failure = Failure(**why, log_tail=("boom",), **of_log)
        assert journal.records(RUN) == {
            A: JobRecord(state=S.FAILED, job_id=JobId("1"), failure=failure, intended_at=101.0),
            B: JobRecord(state=S.NOT_RUN, blocked_by=A),
        }
        journal.intend(RUN, [(A, 2)], at=104.0)
        assert journal.records(RUN)[A] == JobRecord(state=S.SUBMITTING, submission=2, intended_at=104.0)
        journal.withdraw(RUN, [(A, 2)])
        journal.commit()
        assert journal.records(RUN)[A].submission == 1
    with read_journal(file) as view:
        told = list(view.events(RUN))
        assert [one["event"] for one in told] == ["job_submitted", "job_changed", "job_log", "job_changed", "notice"]
        assert told[1]["at"] == "1970-01-01T00:01:43.000+00:00"


def test_a_run_that_ended_says_how_until_somebody_follows_it_again(file):
    with a_journal(file) as journal:
        journal.locate(RUN, {"region": "eu-west-1"})
        journal.record(RUN, RunFinished(run=RUN, outcome="failed", counts={}, seconds=1.0), 200.0)
        journal.commit()
        assert journal.run(RUN) == entry(outcome="failed", ended_at=200.0, location={"region": "eu-west-1"})
        journal.reopen(RUN)
        journal.commit()
        assert journal.run(RUN) == entry(location={"region": "eu-west-1"})
        journal.forget(RUN)
        assert (journal.runs(), journal.records(RUN), list(journal.events(RUN))) == ((), {}, [])


def test_the_folder_of_the_journal_is_made_and_never_committed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with a_journal(DEFAULT_JOURNAL):
        assert (tmp_path / ".kedro-batch" / ".gitignore").read_text() == "*\n"
    with a_journal(tmp_path / "mine" / "journal.db"):
        assert [one.name for one in (tmp_path / "mine").iterdir()] == ["journal.db"]


def test_runs_of_one_journal_never_share_a_version(file):
    wanted = DataVersion("2026-12-31T23.59.59.999Z")
    with a_journal(file) as journal:
        for number in range(3):
            run = RunId(f"n{number}")
            journal.begin(entry(run, 200.0 + number), b"")
            got = journal.begin_version(run, wanted)
            assert journal.run(run) == entry(run, 200.0 + number, version=got)
            assert journal.begin_version(run, got) == got  # its own is not taken
        assert [one.version for one in journal.runs()] == [
            None,
            wanted,
            "2027-01-01T00.00.00.000Z",
            "2027-01-01T00.00.00.001Z",
        ]


def test_processes_that_begin_runs_at_once_get_versions_of_their_own(file):
    script = PREAMBLE + (
        "journal = Journal(file)\nfor number in range(20):\n"
        "    run = f'{sys.argv[2]}{number}'\n"
        "    journal.begin(RunEntry(run=run, digest='', engine='aws', jobs=0, began_at=1.0), b'')\n"
        "    journal.begin_version(run, '2026-11-22T16.15.07.123Z')\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", script, str(file), name]) for name in ("x", "y")]
    assert [one.wait(GENEROUS_S) for one in writers] == [0, 0]
    with read_journal(file) as view:
        versions = [one.version for one in view.runs() if one.version]
    assert len(versions) == len(set(versions)) == 40


# What survives


def test_an_intent_is_in_the_journal_before_its_job_may_be_sent(file):
    killed = in_another_process(
        "Journal(file).intend('r1', [('b', 1), ('c', 4)], 1.0); os.kill(os.getpid(), signal.SIGKILL)", file
    )
    assert killed.returncode == -signal.SIGKILL
    with read_journal(file) as view:
        recorded = view.records(RUN)
    assert {job: (one.submission, one.state) for job, one in recorded.items()} == {
        "a": (1, "SUBMITTING"),
        "b": (1, "SUBMITTING"),
        "c": (4, "SUBMITTING"),
    }


def test_a_wave_of_intents_is_one_commit_together_with_what_waits(file):
    with a_journal(file) as journal:
        before = commits(file)
        for number in range(50):
            journal.record(RUN, submitted(JobName(f"n{number}"), f"{number}"), 1.0)
        journal.intend(RUN, [(JobName(f"m{number}"), 1) for number in range(100)], at=1.0)
        assert commits(file) == before + 1
        assert not journal.waiting
        journal.commit()  # there is nothing to write
        assert commits(file) == before + 1
        assert len(journal.records(RUN)) == 151


def test_what_one_process_writes_another_sees(file):
    with a_journal(file) as one, a_journal(file) as other, read_journal(file) as view:
        one.begin(entry("r2", 300.0), b"")
        one.commit()
        assert other.runs() == view.runs() == (entry(), entry("r2", 300.0))
        other.intend(RunId("r2"), [(A, 1)], at=1.0)
        assert one.records(RunId("r2"))[A].state is S.SUBMITTING


def test_two_processes_that_write_at_once_lose_nothing(file):
    script = PREAMBLE + (
        "journal = Journal(file)\nfor number in range(50): journal.intend('r1', [(f'{sys.argv[2]}{number}', 1)], 1.0)\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", script, str(file), name]) for name in ("x", "y")]
    assert [one.wait(GENEROUS_S) for one in writers] == [0, 0]
    with read_journal(file) as view:
        assert len(view.records(RUN)) == 101


def test_two_processes_that_make_the_journal_at_once_make_one(tmp_path):
    script = PREAMBLE + (
        "journal = Journal(file)\n"
        "journal.begin(RunEntry(run=sys.argv[2], digest='', engine='aws', jobs=0, began_at=1.0), b'')\njournal.commit()"
    )
    makers = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "journal.db"), name]) for name in ("x", "y", "z")
    ]
    assert [one.wait(GENEROUS_S) for one in makers] == [0, 0, 0]
    with read_journal(tmp_path / "journal.db") as view:
        assert [one.run for one in view.runs()] == ["x", "y", "z"]


# Reading


def test_reading_writes_nothing_and_leaves_nothing_behind(file):
    before = everything_in(file.parent)
    with read_journal(file) as view:
        assert view.records(RUN)[A] == INTENDED
        assert everything_in(file.parent) == before
    assert everything_in(file.parent) == before


def test_a_journal_is_read_where_there_is_no_folder_for_temporary_files(file, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with read_journal(file) as view:
        assert view.runs() == (entry(),)


@pytest.fixture
def file_of_nobody() -> Iterator[Path]:
    """Give a journal with one run in it to a user for whom permissions count, also if root runs the tests."""
    with folder_of_everybody() as folder, unprivileged():
        with a_journal(folder / "folder" / "journal.db") as journal:
            journal.begin(entry(), b"the plan\n")
            journal.commit()
        yield folder / "folder" / "journal.db"


def test_a_journal_in_a_folder_that_cannot_be_written_can_be_read(file_of_nobody):
    file_of_nobody.chmod(0o400)
    file_of_nobody.parent.chmod(0o500)
    with pytest.raises(PermissionError):
        (file_of_nobody.parent / "another").touch()
    with read_journal(file_of_nobody) as view:
        assert view.runs() == (entry(),)
    file_of_nobody.parent.chmod(0o700)


def test_a_journal_that_may_not_be_read_is_an_error_of_the_user_s(file_of_nobody):
    file_of_nobody.chmod(0o000)
    with pytest.raises(UsageError, match="cannot read the journal"), read_journal(file_of_nobody):
        pass


def killed_within_a_commit(file: Path) -> None:
    """Leave a rollback journal behind, by dying in a transaction whose pages are in the file already."""
    killed = in_another_process(
        """
connection = sqlite3.connect(file, isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("PRAGMA cache_spill = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE runs SET outcome = 'half done'")
for number in range(2000):
    connection.execute("INSERT INTO events (run, event) VALUES ('r1', ?)", ('{"event": "x%s"}' % ("y" * 200),))
os.kill(os.getpid(), signal.SIGKILL)
""",
        file,
    )
    assert killed.returncode == -signal.SIGKILL
    assert file.with_name("journal.db-journal").stat().st_size > 0


def test_what_a_writer_left_who_was_killed_within_a_commit_can_be_read_and_is_not_touched(file):
    size = file.stat().st_size
    killed_within_a_commit(file)
    assert file.stat().st_size > size  # half of it is in the file
    before = everything_in(file.parent)
    with read_journal(file) as view:
        assert view.runs() == (entry(),)
        assert list(view.events(RUN)) == []
        assert view.records(RUN)[A] == INTENDED
    assert everything_in(file.parent) == before


def test_who_writes_next_rolls_back_what_a_killed_writer_left(file):
    killed_within_a_commit(file)
    with a_journal(file) as journal:
        assert journal.runs() == (entry(),)
        journal.intend(RUN, [(B, 1)], at=1.0)
    assert [one.name for one in file.parent.iterdir()] == ["journal.db"]
    with read_journal(file) as view:
        assert set(view.records(RUN)) == {"a", "b"}


# What is refused


def test_where_there_is_no_journal_none_is_made_by_reading(tmp_path):
    with pytest.raises(UsageError, match="there is no journal"), read_journal(tmp_path / "journal.db"):
        pass
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "journal.db").touch()  # who made it was killed before anything was in it
    with pytest.raises(UsageError, match="there is no journal"), read_journal(tmp_path / "journal.db"):
        pass


def set_version(file: Path, version: int) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")


@pytest.mark.parametrize(
    ("version", "remedy"), [(99, "Install that kedro-batch"), (1, "mv .*journal.db .*journal.db.old")]
)
def test_a_journal_of_another_version_is_neither_read_nor_written_and_it_is_said_what_to_do(file, version, remedy):
    set_version(file, version)
    before = everything_in(file.parent)
    for opened in (a_journal, read_journal):
        with pytest.raises(UsageError, match=rf"journal version {version}, this one reads 6.*{remedy}"), opened(file):
            pass
    assert everything_in(file.parent) == before


def test_the_revisions_of_a_run_are_those_of_the_latest_submissions_that_may_have_been_sent(file):
    c = JobName("c")
    with a_journal(file) as journal:
        for submission, revision in ((1, "d:2"), (2, "d:3")):
            jobs = [(job, submission) for job in (A, B, c)]
            journal.intend(RUN, jobs, 102.0 + submission, dict.fromkeys((A, B, c), revision))
            if submission == 1:
                for job in (A, B, c):
                    journal.record(RUN, JobSubmitted(job=job, job_id=JobId(f"id-{job}"), submission=1), 103.0)
        journal.intend(RunId("other"), [(A, 1)], 110.0, {A: "d:9"})
        assert list(journal.revisions(RUN).values()) == ["d:3"] * 3
        journal.withdraw(RUN, [(A, 2)])
        not_run = JobChanged(job=B, job_id=None, submission=2, before=JobState.SUBMITTING, after=JobState.NOT_RUN)
        journal.record(RUN, not_run, 105.0)
        journal.commit()
        assert journal.revisions(RUN) == {c: "d:3", A: "d:2", B: "d:2"}
        assert next(iter(journal.revisions(RUN))) == c
        journal.forget(RUN)
        assert journal.revisions(RUN) == {}
        assert journal.revisions(RunId("other")) == {A: "d:9"}


def test_what_a_refused_command_has_recorded_is_dropped(file):
    with a_journal(file) as journal:
        journal.begin(entry("r2"), b"")
        journal.reopen(RUN)
        journal.discard()
        journal.commit()
        assert journal.runs() == (entry(),)


@pytest.mark.parametrize("as_of_older", OLDER)
def test_an_older_journal_is_read_as_it_is_and_converted_where_it_is_written(file, as_of_older):
    as_of_older(file)
    before = everything_in(file.parent)
    with read_journal(file) as view:
        assert (view.revisions(RUN), view.records(RUN)) == ({}, {A: INTENDED})
        assert view.runs() == (entry(),)
    assert everything_in(file.parent) == before
    for revision in ("d:3", "d:4"):
        with a_journal(file) as journal:
            journal.intend(RUN, [(B, 1)], 102.0, {B: revision})
            assert journal.revisions(RUN) == {B: revision}
            assert journal.records(RUN)[A] == INTENDED
            assert journal.run(RUN) == entry()  # it has no version, and goes on without one


@pytest.mark.parametrize("as_of_older", OLDER)
def test_two_processes_that_convert_a_journal_at_once_both_go_on(file, as_of_older):
    as_of_older(file)
    script = PREAMBLE + "journal = Journal(file); journal.intend('r1', [(sys.argv[2], 1)], 1.0)"
    writers = [subprocess.Popen([sys.executable, "-c", script, str(file), name]) for name in ("x", "y", "z")]
    assert [one.wait(GENEROUS_S) for one in writers] == [0, 0, 0]
    with read_journal(file) as view:
        assert view.records(RUN).keys() == {"a", "x", "y", "z"}


@pytest.mark.parametrize("content", [b"schema: kedro-batch/plan/v1\n" * 100, b"SQLite format 3\x00" + bytes(200)])
def test_a_file_that_is_no_database_is_refused_and_not_touched(tmp_path, content):
    file = tmp_path / "plan.yaml"
    file.write_bytes(content)
    for opened in (a_journal, read_journal):
        with pytest.raises(UsageError, match=r"not a journal of kedro-batch.*--journal; or,.* mv "), opened(file):
            pass
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"plan.yaml": content}


@pytest.mark.parametrize(("begin", "end"), [(100, 4096), (4096, None)], ids=["the first page", "the others"])
def test_a_journal_that_is_damaged_says_so_and_what_to_do_helps(file, begin, end):
    content = bytearray(file.read_bytes())
    content[begin:end] = b"\xff" * len(content[begin:end])
    file.write_bytes(content)
    wanted = "is damaged .*kedro-batch wait RUN --plan PLAN"
    with pytest.raises(UsageError, match=wanted) as caught, read_journal(file) as journal:
        journal.runs()
    command = str(caught.value).partition("move it away: ")[2].partition(". A run")[0]
    assert os.system(command) == 0  # noqa: S605  does what the message advises, in a shell as people do
    with a_journal(file) as journal:
        assert journal.runs() == ()
    assert bytes(content) == file.with_name(f"{file.name}.old").read_bytes()


def test_a_database_of_somebody_else_is_refused_and_not_touched(tmp_path):
    file = tmp_path / "theirs.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    before = file.read_bytes()
    for opened in (a_journal, read_journal):
        with pytest.raises(UsageError, match="not a journal of kedro-batch"), opened(file):
            pass
    assert file.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_an_error_of_the_user_s(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(UsageError, match=r"cannot write the journal .*--journal"):
        Journal(tmp_path / "taken" / "journal.db")
    with pytest.raises(UsageError, match=r"cannot use the journal .*: it is a folder"):
        Journal(tmp_path)


def test_on_a_full_disk_nothing_is_sent_and_what_is_known_is_kept(file):
    with a_journal(file) as journal:
        with full_disk():
            with pytest.raises(UsageError, match=r"cannot write the journal .* Nothing more is submitted"):
                journal.intend(RUN, [(B, 1)], at=1.0)
            journal.record(RUN, submitted(A, "1"), 102.0)
            journal.commit()
            assert (journal.failure is None, journal.waiting) == (False, True)
            journal.commit()  # it is tried again and again, without harm
        journal.commit()
        assert (journal.failure is None, journal.waiting) == (True, False)
        assert journal.records(RUN)[A] == JobRecord(state=S.SUBMITTED, job_id=JobId("1"), intended_at=101.0)
        assert B not in journal.records(RUN)  # it was not sent, and nobody has to look for it


# Several plans of a run


def test_a_run_has_the_plan_that_was_added_last_and_keeps_the_digest_of_the_first(tmp_path):
    first, second, third = (PlanDigest(f"sha256:{number}") for number in range(3))
    with a_journal(tmp_path / "journal.db") as journal:
        journal.begin(entry(), b"first")
        journal.begin(entry("other", began_at=99.0), b"of another run")
        journal.intend(RUN, [(A, 1), (B, 1)], 101.0, plan_digest=first)
        assert journal.run(RUN) == entry()
        journal.add_plan(RUN, second, b"second", jobs=5, at=102.0)
        journal.add_plan(RUN, third, b"third", jobs=7, at=103.0)
        journal.intend(RUN, [(A, 2)], 104.0, plan_digest=third)
    with read_journal(tmp_path / "journal.db") as journal:
        (other, run) = journal.runs()
        assert (run.digest, run.new_digest, run.plan_digest, run.jobs) == (first, third, third, 7)
        assert (other.plan_digest, other.new_digest) == (first, None)
        assert [(one.digest, one.content) for one in journal.plans(RUN)] == [
            (first, b"first"),
            (second, b"second"),
            (third, b"third"),
        ]
        assert journal.plan(RUN) == b"third"
        assert journal.digests_sent(RUN) == {A: third, B: first}


@pytest.mark.parametrize("as_of_older", OLDER)
def test_a_run_of_an_older_journal_has_one_plan(file, as_of_older):
    as_of_older(file)
    with read_journal(file) as journal:
        assert [one.content for one in journal.plans(RUN)] == [b"the plan\n"]
        assert [one.plan_digest for one in journal.runs()] == ["sha256:0"]
        assert journal.digests_sent(RUN) == {A: None}


@pytest.mark.parametrize("statement", ["UPDATE plans SET plan = 'text'", "UPDATE plans SET digest = char(27)"])
def test_an_odd_plan_is_a_message_about_its_run(file, statement):
    with a_journal(file) as journal:
        journal.add_plan(RUN, PlanDigest("sha256:1"), b"second", jobs=5, at=102.0)
        journal.commit()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(statement)
        connection.commit()
    with (
        read_journal(file) as journal,
        pytest.raises(UsageError, match=r"has an odd row for run 'r1': (plan|digest) is"),
    ):
        journal.plans(RUN)

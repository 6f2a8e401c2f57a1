"""Which file a journal is, whatever it is called, and what is beside it: for its owner alone, and through no link."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from kedro_batch.errors import UsageError
from kedro_batch.files.private_files import open_without_following
from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.events import Notice
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_place import DEFAULT_JOURNAL, begin_lock_file, real_journal, run_folder
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.journal_view import read_journal
from kedro_batch.submitter.run_lock import begin_lock, is_hidden, is_locked, lock_problem, run_lock
from tests.support.simulation import Simulation, plan_of
from tests.support.users import IS_ROOT, folder_of_everybody, unprivileged

RUN = RunId("r1")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a journal in its usual folder."""
    file = tmp_path / DEFAULT_JOURNAL
    Journal(file).close()
    return file


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def rights(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


# One file, one lock


def test_a_run_is_locked_under_every_name_of_its_journal(tmp_path, file):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mine.db").symlink_to(file)
    (tmp_path / "folder").symlink_to(file.parent)
    (tmp_path / "again").symlink_to("elsewhere/mine.db")
    names = (file, tmp_path / "elsewhere" / "mine.db", tmp_path / "folder" / "journal.db", tmp_path / "again")
    assert {real_journal(name) for name in names} == {file}
    assert {begin_lock_file(name) for name in names} == {file.parent / "journal.db.lock"}
    for held in names:
        with run_lock(run_folder(held, RUN), RUN):
            for name in names:
                assert is_locked(run_folder(name, RUN))
                with pytest.raises(UsageError, match="being worked on"), run_lock(run_folder(name, RUN), RUN):
                    pass
    with closing(Journal(names[1])), read_journal(names[2]) as view:
        assert view.file == names[2]  # what the user wrote is what he is told
    assert not (tmp_path / "elsewhere" / "runs").exists()


def test_a_journal_with_two_hard_links_is_refused_and_the_advice_helps(tmp_path, file):
    second = tmp_path / "second name.db"
    second.hardlink_to(file)
    for name in (file, second):
        with pytest.raises(UsageError, match=r"has 2 names \(hard links\)") as caught:
            Journal(name)
        with pytest.raises(UsageError, match="hard links"), read_journal(name):
            pass
    command = str(caught.value).partition("own: ")[2]
    assert os.system(command) == 0  # noqa: S605  does what the message advises, in a shell as people do
    for name in (file, second):
        Journal(name).close()


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda file: file.symlink_to(file.with_name("other.db")), "does not exist"),
        (lambda file: file.symlink_to(file), "lead in a circle"),
        (lambda file: file.mkdir(), "it is a folder"),
        (lambda file: file.symlink_to(file.parent), "it is a folder"),
    ],
)
def test_what_cannot_be_a_journal_is_refused_and_nothing_is_made(tmp_path, make, why):
    make(tmp_path / "journal.db")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match=rf"cannot use the journal .*{why}.*--journal"):
        Journal(tmp_path / "journal.db")
    with pytest.raises(UsageError, match=rf"cannot use the journal .*{why}"), read_journal(tmp_path / "journal.db"):
        pass
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_that_is_a_link_to_nothing_is_refused(tmp_path):
    (tmp_path / ".kedro-batch").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="does not exist"):
        Journal(tmp_path / DEFAULT_JOURNAL)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("run", ["../../x", "/etc/x", "..", "a/b", "A", "x\x1b]0;y\x07", ""])
def test_the_id_of_a_run_never_leads_out_of_the_folder(file, run):
    with pytest.raises(UsageError, match="cannot be the id of a run"):
        run_folder(file, RunId(run))


# Who may read it


def test_what_is_made_is_for_its_owner_alone(tmp_path):
    file = tmp_path / "project" / DEFAULT_JOURNAL
    with umask(0), closing(Journal(file)), run_lock(run_folder(file, RUN), RUN):
        with begin_lock(begin_lock_file(file), lambda _: None):
            pass
        made = {one.relative_to(tmp_path): rights(one) for one in file.parent.parent.rglob("*")}
    assert {path.name: mode for path, mode in made.items()} == {
        ".kedro-batch": 0o700,
        ".gitignore": 0o600,
        "journal.db": 0o600,
        "journal.db.lock": 0o600,
        "runs": 0o700,
        "r1": 0o700,
        "lock": 0o600,
    }


def test_the_usual_folder_is_narrowed_and_one_that_the_user_names_is_left_as_it_is(tmp_path, file):
    named = tmp_path / "shared" / "journal.db"
    Journal(named).close()
    for one in (file, named):
        one.chmod(0o664)
        one.parent.chmod(0o775)
        Journal(one).close()
    assert (rights(file.parent), rights(file)) == (0o700, 0o600)
    assert (rights(named.parent), rights(named)) == (0o775, 0o664)


# Planted links


def test_a_planted_link_is_not_followed_and_what_it_leads_to_stays_as_it_is(tmp_path, file):
    precious = tmp_path / "bashrc"
    precious.write_text("precious")
    folder = file.parent / "runs" / "r1"
    folder.mkdir(parents=True)
    (file.parent / ".gitignore").unlink()
    for link in (file.parent / ".gitignore", file.parent / "journal.db.lock", folder / "lock"):
        link.symlink_to(precious)
    Journal(file).close()
    assert not is_locked(folder)
    for refused in (run_lock(folder, RUN), begin_lock(begin_lock_file(file), lambda _: None)):
        with pytest.raises(UsageError, match=r"cannot write the lock .*symbolic links"), refused:
            pass
    (folder / "lock").unlink()
    (folder / "lock").hardlink_to(precious)
    with pytest.raises(UsageError, match="it is a link, or no plain file: remove it"), run_lock(folder, RUN):
        pass
    (folder / "lock").unlink()
    os.mkfifo(folder / "lock")
    with pytest.raises(UsageError, match="no plain file"), run_lock(folder, RUN):
        pass
    assert precious.read_text() == "precious"


@pytest.mark.parametrize("link", ["runs", "runs/r1"])
def test_a_planted_folder_is_not_entered(tmp_path, file, link):
    (tmp_path / "ssh").mkdir()
    (file.parent / link).parent.mkdir(exist_ok=True)
    (file.parent / link).symlink_to(tmp_path / "ssh")
    with pytest.raises(UsageError, match="it is a link, and not followed"), run_lock(run_folder(file, RUN), RUN):
        pass
    assert list((tmp_path / "ssh").iterdir()) == []


def test_a_planted_rollback_journal_is_not_followed(tmp_path, file):
    precious = tmp_path / "bashrc"
    precious.write_text("precious")
    (file.parent / "journal.db-journal").symlink_to(precious)
    with pytest.raises(UsageError, match="cannot write the journal"), closing(Journal(file)) as journal:
        journal.intend(RUN, [], 1.0)
    assert precious.read_text() == "precious"


def test_a_file_is_emptied_only_once_it_is_known_to_be_a_plain_one(tmp_path):
    (tmp_path / "log").write_text("old")
    with os.fdopen(open_without_following(tmp_path / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "w") as log:
        log.write("new")
    assert (tmp_path / "log").read_text() == "new"
    (tmp_path / "other").hardlink_to(tmp_path / "log")
    with pytest.raises(OSError, match="remove it"):
        open_without_following(tmp_path / "other", os.O_WRONLY | os.O_TRUNC)
    assert (tmp_path / "log").read_text() == "new"


# File systems without locks: there is none here, so what they answer is given


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS])
def test_a_file_system_without_locks_is_named_as_that(tmp_path, number):
    problem = lock_problem(OSError(number, os.strerror(number)), tmp_path)
    assert "this file system has no locks" in str(problem)
    assert "Name a journal on a local disk with --journal" in str(problem)


def test_only_a_lock_that_is_held_means_that_another_process_works_on_the_run(tmp_path):
    assert lock_problem(BlockingIOError(errno.EWOULDBLOCK, "held"), tmp_path) is None
    assert "Input/output error. Name a journal" in str(lock_problem(OSError(errno.EIO, "Input/output error"), tmp_path))


# A folder that a team shares


def test_what_is_made_in_a_folder_that_its_group_may_write_is_for_the_group(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o2770)
    file = shared / "journal.db"
    with umask(0o077), closing(Journal(file)), run_lock(run_folder(file, RUN), RUN):
        with begin_lock(begin_lock_file(file), lambda _: None):
            pass
        made = {one.name: rights(one) for one in shared.rglob("*")}
    folder = rights(shared / "runs")
    assert folder & 0o777 == 0o770
    assert made == {"journal.db": 0o660, "journal.db.lock": 0o660, "runs": folder, "r1": folder, "lock": 0o660}


def test_it_is_said_when_the_usual_folder_is_taken_from_a_group_that_could_write_it(file):
    told: list[str] = []
    file.parent.chmod(0o755)
    Journal(file, told.append).close()
    assert told == []
    file.parent.chmod(0o775)
    Journal(file, told.append).close()
    assert "is now for you alone" in told[0]
    assert "--journal" in told[0]


@pytest.fixture
def of_another() -> Iterator[Path]:
    """Give the folder of a run of another user, who keeps it to himself."""
    with folder_of_everybody() as theirs:
        theirs.chmod(0o700)  # else what is made in it would be for everybody, too
        with run_lock(theirs / "runs" / "r1", RUN):
            pass
        Journal(theirs / "theirs.db").close()
        theirs.chmod(0o777)
        if not IS_ROOT:
            (theirs / "runs").chmod(0)
        try:
            with unprivileged():
                yield theirs / "runs" / "r1"
        finally:
            (theirs / "runs").chmod(0o700)


def test_a_run_whose_lock_may_not_be_read_counts_as_one_that_may_go_on(of_another):
    assert is_hidden(of_another)
    assert not is_hidden(of_another.parent.parent / "not there")
    plan = plan_of({"a": ""}, writes=("raw",))
    simulation = Simulation(of_another.parent.parent, plan)
    theirs = RunEntry(run=RUN, digest=plan_digest(plan), engine="aws", jobs=1, began_at=simulation.calls.wall())
    simulation.journal.begin(theirs, b"")
    simulation.journal.commit()
    assert simulation.to_the_end().outcome == "succeeded"
    told = [one.event.message for one in simulation.happened if isinstance(one.event, Notice)]
    assert any("run r1 of this project goes on, as far as the journal knows, and writes 1 d" in one for one in told)


@pytest.mark.skipif(not IS_ROOT, reason="only root can be two users: run the tests as root")
def test_who_may_not_write_a_lock_is_told_whose_it_is_and_how_it_is_shared(of_another):
    with pytest.raises(UsageError, match="Permission denied") as caught, run_lock(of_another, RUN):
        pass
    folder = of_another.parent
    assert f"{folder} belongs to root. To share it with a group: chmod -R g+rwX {folder}" in str(caught.value)


@pytest.mark.skipif(not IS_ROOT, reason="only root can be two users: run the tests as root")
def test_who_may_not_open_a_journal_is_told_whose_it_is(of_another):
    journal = of_another.parent.parent / "theirs.db"
    with pytest.raises(UsageError, match="cannot write the journal") as written:
        Journal(journal)
    with pytest.raises(UsageError, match="cannot read the journal") as read, read_journal(journal):
        pass
    for caught in (written, read):
        assert f"{journal} belongs to root. To share it with a group: chmod -R g+rwX {journal}" in str(caught.value)

"""What the commands do, as ``cli/run_session`` does it, without a command line and with the process's own calls."""

from collections.abc import Callable
from pathlib import Path

from kedro_batch.errors import Interrupted, JobsFailed, KedroBatchError, RunUnfinished
from kedro_batch.plan.digest import plan_digest
from kedro_batch.submitter.cancel import cancel
from kedro_batch.submitter.context import RunContext
from kedro_batch.submitter.events import Event, JobChanged, JobSubmitted, Notice, NoticeKind
from kedro_batch.submitter.journal import Journal
from kedro_batch.submitter.journal_rows import RunEntry
from kedro_batch.submitter.run import Run
from kedro_batch.submitter.run_lock import run_lock
from kedro_batch.submitter.run_options import RunMode, RunOptions
from tests.simulation.command import Command, Word
from tests.simulation.process import Process
from tests.simulation.scenario import Scenario
from tests.simulation.wire import Wire
from tests.simulation.world import World

_TOLD = (NoticeKind.DUPLICATE, NoticeKind.WARNING, NoticeKind.TERMINATED)


_MODES = {
    Word.APPLY: RunMode.START,
    Word.APPLY_ID: RunMode.CONTINUE,
    Word.RESUME: RunMode.RESUME,
    Word.WAIT: RunMode.FOLLOW,
    Word.CANCEL: RunMode.FOLLOW,
}


def work(world: World, scenario: Scenario, folder: Path, command: Command) -> Callable[[Process], tuple[int, str]]:
    """Return what a process of this command does; ``folder`` is for the journals of all machines."""

    def do(process: Process) -> tuple[int, str]:
        file = folder / str(command.journal) / "journal.db"
        file.parent.mkdir(exist_ok=True)
        journal = Journal(file)
        world.say(process.name, f"begins: {command}")
        try:
            return _worked(world, scenario, process, journal, command)
        except Interrupted as error:
            return error.exit_code, "interrupted"
        except KedroBatchError as error:
            return error.exit_code, f"{error}"
        finally:
            journal.close()

    return do


def _worked(world: World, scenario: Scenario, process: Process, journal: Journal, command: Command) -> tuple[int, str]:
    plan, run_id = scenario.plan, scenario.run_id
    engine = Wire(world, process.name, scenario.faults, process.random)
    digest = plan_digest(plan)
    with run_lock(journal.file.parent / "runs" / run_id, run_id):
        entry = journal.run(run_id)
        takes_up = command.word not in (Word.APPLY, Word.APPLY_ID)  # and asks for a run that is known
        process.has_journal = entry is not None and bool(takes_up or entry.version or journal.records(run_id))
        process.submissions = {str(job): one.submission for job, one in journal.records(run_id).items()}
        process.known_ids = {str(one.job_id) for one in journal.submitted_ids(run_id)}
        mode = RunMode.CONTINUE if entry and command.word is Word.APPLY else _MODES[command.word]
        must_exist = entry is None and command.word not in (Word.APPLY, Word.APPLY_ID)
        if entry:
            journal.reopen(run_id)
        else:
            started = RunEntry(run=run_id, digest=digest, engine="aws", jobs=len(plan.jobs), began_at=process.wall())
            journal.begin(started, b"")
        context = RunContext(
            plan=plan,
            digest=digest,
            run_id=run_id,
            engine=engine,
            calls=process,
            inbox=process.inbox,
            journal=journal,
            show=lambda event: _show(world, process, event),
            options=RunOptions(mode=mode, rate=command.rate, detach=command.detach),
            continued=entry is not None or mode in (RunMode.RESUME, RunMode.FOLLOW),
            version=entry.version if entry else None,
            must_exist=must_exist,
            poll_seed=process.random.getrandbits(32),
        )
        try:
            return _followed(context, dict(entry.location) if entry else {}, command)
        except (KedroBatchError, Interrupted) as error:
            if not context.begun:
                journal.discard()
            elif entry is None and (must_exist or isinstance(error, KedroBatchError)) and not journal.records(run_id):
                journal.forget(run_id)
            raise


def _followed(context: RunContext, location: dict[str, str], command: Command) -> tuple[int, str]:
    if command.word is Word.CANCEL:
        cancelled = cancel(context, location)
        return (RunUnfinished.exit_code, "unfinished") if cancelled.left else (0, "cancelled")
    outcome = Run(context, location=location).to_the_end().outcome
    if outcome == "cancelled":
        return JobsFailed.exit_code, "cancelled by another process"
    codes = {"failed": JobsFailed.exit_code, "unfinished": RunUnfinished.exit_code}
    return codes.get(outcome, 0), outcome


def _show(world: World, process: Process, event: Event) -> None:
    match event:
        case Notice() if event.kind in _TOLD:
            world.say(process.name, f"{event.kind}: {event.message}")
        case JobSubmitted() if event.adopted:
            world.say(process.name, f"finds {event.job} {event.submission}: {event.job_id[:8]}")
        case JobChanged():
            world.say(process.name, f"sees {event.job} {event.submission}: {event.after}")
        case _:
            pass
    process.step()

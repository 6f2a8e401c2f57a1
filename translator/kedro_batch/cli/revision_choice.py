"""What to type where a run needs to be told which revisions of its job definitions to take."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from kedro_batch.errors import UsageError
from kedro_batch.submitter.definitions.pins import InactiveRevisions, NewerDefinitions

SAME, NEW = "--same-definitions", "--new-definitions"
_EFFECTS = {SAME: "the revisions that the run has used until now", NEW: "the newest ones"}


@contextmanager
def offering_revisions(command_with: Callable[[str], str], first: str = "") -> Iterator[None]:
    """Add the commands that answer to a refusal that asks for revisions.

    Args:
        command_with: Returns the command line that resumes the run with one of the two options.
        first: What to do before, as a line.

    Raises:
        UsageError: The refusal, with the commands.
    """
    try:
        yield
    except NewerDefinitions as newer:
        commands = {command_with(option): effect for option, effect in _EFFECTS.items()}
        width = max(map(len, commands))
        lines = "\n".join(f"  {command:{width}}  {effect}" for command, effect in commands.items())
        raise UsageError(f"{newer}. Choose:\n{lines}{first}") from newer
    except InactiveRevisions as inactive:
        raise UsageError(f"{inactive}. To go on with {inactive.active}:\n  {command_with(NEW)}{first}") from inactive

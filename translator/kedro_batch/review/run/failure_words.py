"""Why a job failed, in one line: what the service says, and what its exit code says, in words. Pure.

Sources: POSIX, "Exit Status for Commands" (126, 127); bash and Docker give 128 and the number of the signal. Numbers of
signals are those of Linux, where all jobs of AWS Batch run.
"""

from collections.abc import Mapping

from kedro_batch.submitter.failures import KILLED, Cause

_WORDS: Mapping[int, str] = {
    1: "an error, usually an exception in Python",
    2: "wrong words on its command line, or a file that is not there",
    126: "its command cannot be executed",
    127: "its command was not found",
    130: "SIGINT: interrupted",
    132: "SIGILL: code for another kind of processor",
    134: "SIGABRT: it aborted itself",
    135: "SIGBUS: often too little shared memory",
    136: "SIGFPE: an arithmetic error in native code",
    137: "SIGKILL: killed, most likely out of memory",
    139: "SIGSEGV: native code crashed",
    143: "SIGTERM: ended from outside",
}
_GUESSED = (1, 2)
"""Codes of which the words say what is usual: an exception that is known says more."""
_CONTAINER_ENDED = "Essential container in task exited"
"""What AWS Batch says of every container that has ended."""
_ENDED_BY_SIGNAL = "ended by signal "
_SIGNALLED, _LAST_SIGNAL = 128, 64


def exit_code_words(code: int) -> str:
    """Return what an exit code says; empty if nothing is known of it."""
    known = _WORDS.get(code)
    if known is None and 0 < code - _SIGNALLED <= _LAST_SIGNAL:
        return f"{_ENDED_BY_SIGNAL}{code - _SIGNALLED}"
    return known or ""


def failure_words(
    reason: str | None,
    exit_code: int | None,
    cause: str | None,
    memory_mib: int | None = None,
    *,
    exception: str | None = None,
) -> str:
    """Return why a job failed; empty if nobody says it.

    What only says that its container has ended is left out, and what its exit code usually means is only told where the
    service says no more.

    Args:
        reason: What the service says.
        exit_code: Of its container.
        cause: The kind of failure.
        memory_mib: The memory that it had, where it is known.
        exception: The exception that ended its command, where it is known, and told beside this.
    """
    texts = (reason or "").split("; ")
    if exit_code is None:
        return "; ".join(texts).rstrip(".")
    kept = [text for text in texts if text and text != _CONTAINER_ENDED and not text.startswith(_ENDED_BY_SIGNAL)]
    is_told = exception is not None and exit_code in _GUESSED
    words = exit_code_words(exit_code) if cause == Cause.EXIT and not is_told else ""
    memory = memory_words(memory_mib) if words and exit_code == KILLED else ""
    code = f"exit code {exit_code} ({words}{memory})" if words else f"exit code {exit_code}"
    return "; ".join((*(text.rstrip(".") for text in kept), code))


def memory_words(memory_mib: int | None) -> str:
    """Return how much memory a job had, as a part of a sentence; empty if that is not known."""
    return "" if memory_mib is None else f", had {memory_mib} MiB"

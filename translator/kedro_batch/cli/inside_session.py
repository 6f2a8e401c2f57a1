"""Work inside a session of Kedro, in a process that is not ours: errors end it as Kedro's do, and it stays as it is."""

import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click

from kedro_batch.cli.base import print_note, print_plainly
from kedro_batch.cli.diagnostics_output import message_text
from kedro_batch.cli.signals import INTERRUPTING, on_signals, raise_interrupted
from kedro_batch.errors import Interrupted, KedroBatchError, UsageError
from kedro_batch.plan.variables import ENV_VARIABLE


class AWSBatchRunnerError(click.ClickException):
    """A run on AWS Batch could not be made, or has failed. ``kedro run`` shows the message, without a traceback."""

    def __init__(self, message: str, exit_code: int) -> None:
        """Take the message, and the exit code of ``kedro_batch.errors``."""
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # click reads it from the instance


_COMPILING = threading.Lock()


@contextmanager
def compiling_in_session() -> Iterator[None]:
    """Undo what compiling changes in a process: it is meant for one that ends then, and a session goes on.

    It changes the whole process, so sessions in several threads take turns.
    """
    with _COMPILING:
        env, disabled = os.environ.get(ENV_VARIABLE), logging.root.manager.disable
        try:
            yield
        except Interrupted:
            print_note("Nothing was submitted.")
            raise
        finally:
            logging.disable(disabled)
            os.environ.pop(ENV_VARIABLE, None)
            if env is not None:
                os.environ[ENV_VARIABLE] = env


@contextmanager
def ending_as_kedro_does() -> Iterator[None]:
    """Turn our errors into those that ``kedro run`` shows without a traceback, and signals into an end."""
    before = {number: signal.getsignal(number) for number in INTERRUPTING}
    try:
        with on_signals(raise_interrupted):
            yield
    except KedroBatchError as error:
        message = click.unstyle(message_text(error, every=False))
        raise AWSBatchRunnerError(message, error.exit_code) from error
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        raise AWSBatchRunnerError(f"{error.strerror or error}{where}", UsageError.exit_code) from error
    except Interrupted as error:
        if error.message:
            print_plainly(error.message)
        if click.get_current_context(silent=True) is None:  # a program or a notebook, which may go on after that
            for number, handler in before.items():
                signal.signal(number, handler)
            if error.number == signal.SIGINT:
                raise KeyboardInterrupt from error
        raise SystemExit(error.exit_code) from error

"""Asks on a terminal, on standard error, and never misses a Ctrl-C."""

import os
import select
import signal
import sys
from collections.abc import Callable
from typing import TextIO, TypeVar

import click

_T = TypeVar("_T")


def ask(question: str, read: Callable[[str], _T]) -> _T:
    """Ask until the answer can be read.

    Args:
        question: The question, without a colon.
        read: Reads an answer; raises ``ValueError`` with what is wrong with it.

    Raises:
        EOFError: The input has ended.
    """
    while True:
        click.echo(f"{question}: ", nl=False, err=True)
        answer = read_line(sys.stdin).strip()
        if not answer:
            continue
        try:
            return read(answer)
        except ValueError as error:
            click.echo(f"Error: {error}", err=True)


def ask_whether(question: str, *, default: bool = True) -> bool:
    """Ask a question until the answer is yes or no.

    Args:
        question: The question.
        default: The answer if nothing is typed.

    Raises:
        EOFError: The input has ended.
    """
    while True:
        click.echo(f"{question} [{'Y/n' if default else 'y/N'}]: ", nl=False, err=True)
        answer = read_line(sys.stdin).strip().lower()
        if answer in ("", "y", "yes", "n", "no"):
            return answer.startswith("y") if answer else default
        click.echo("Error: write y or n", err=True)


def read_line(stream: TextIO) -> str:
    """Read a line of a terminal, or of standard input, as soon as it is there.

    A signal that comes just before a blocking call does not end that call, so Python would see it after the next line.
    It also writes to a pipe, and both are waited for. See ``signal.set_wakeup_fd``.

    Raises:
        EOFError: The input has ended.
    """
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    before = signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    try:
        select.select([stream.fileno(), woken], [], [])
        line = stream.readline()  # a terminal hands over whole lines
    finally:
        signal.set_wakeup_fd(before)
        os.close(woken)
        os.close(wake)
    if not line:
        raise EOFError
    return line

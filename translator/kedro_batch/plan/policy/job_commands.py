"""Judges commands by a policy: the program that one begins with, and shells among its words. Pure.

AWS Batch puts parameters in the place of ``Ref::name``, Kubernetes variables in that of ``$(NAME)``, and ``env -S``
likewise for ``${NAME}``. What stands there in the end may be chosen elsewhere, so that a program with one is none that
is known.
"""

import posixpath
import re
import shlex
from collections.abc import Callable, Iterator

from kedro_batch.plan.model import JOIN_COMMAND
from kedro_batch.plan.shells import is_shell

_REPLACED = re.compile(r"[^-=:$][^=:$]*(Ref::|\$[({])|Ref::|\$[({]")
"""The beginning of a word that could be a program, with something that is replaced in it."""
_TEXT_OF_ENV = re.compile(r"(?P<option>-[i0v]*S|--sp?l?i?t?-?s?t?r?i?n?g?(=|$))(?P<text>.*)", re.DOTALL)
"""The option of ``env`` whose value is split into words; a long option may be shortened."""


def find_wrong_program(command: tuple[str, ...], is_allowed: Callable[[str], bool]) -> str | None:
    """Return the program that a command begins with, if it is not allowed; None if it is."""
    program = command[0]
    if command == JOIN_COMMAND:
        return None
    # A name with .. in it leaves the folder with which it begins.
    there = posixpath.normpath(program) if "/" in program else program
    return None if is_allowed(program) and is_allowed(there) and not is_replaced(program) else program


def find_shell(command: tuple[str, ...]) -> str | None:
    """Return the first word that is a shell, or begins with one and a space, or may become one; None without one."""
    return next((word for word in _programs(command) if is_shell(word) or is_replaced(word)), None)


def is_replaced(word: str) -> bool:
    """True if a program is not known, since something is put in the place of a part of its name."""
    return _REPLACED.match(word) is not None


def _programs(command: tuple[str, ...]) -> Iterator[str]:
    """Yield the words that may be programs; of a text that ``env`` splits, all words."""
    is_text = False
    for word in command:
        option = _TEXT_OF_ENV.fullmatch(word)
        text = option["text"] if option else word
        if option or is_text:
            yield from _words_of_env(text)
        else:  # only env puts variables in the place of ${NAME}
            yield from (first for first in text.split(maxsplit=1)[:1] if "${" not in first)
        is_text = option is not None and not text


def _words_of_env(text: str) -> list[str]:
    """Split a text as ``env`` does, about as a shell."""
    try:
        return shlex.split(text)
    except ValueError:  # a quotation mark that is not closed
        return text.split()

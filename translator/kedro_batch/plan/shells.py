"""Programs that take a command of their own as text: what a job runs is then no longer what its plan says. Pure."""

import re

_NAMES = (
    "sh bash rbash ash dash ksh pdksh mksh lksh oksh zsh csh tcsh fish yash posh xonsh busybox toybox "
    "sash hush elvish scsh cmd powershell pwsh"
)
_SHELL = re.compile(rf"({_NAMES.replace(' ', '|')})[0-9]*([._-]?(static|[0-9.]+))?(\.exe)?")
"""The names of shells; some have a version, or how they were built, behind them."""


def is_shell(word: str) -> bool:
    """True if a word is called like a shell, in any folder."""
    return _SHELL.fullmatch(program_name(word)) is not None


def program_name(word: str) -> str:
    """Return the name of a program without its folder, in lower case."""
    return word.replace("\\", "/").rpartition("/")[2].lower()

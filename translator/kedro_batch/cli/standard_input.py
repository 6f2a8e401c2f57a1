"""Commands to be typed again where one has read standard input, which cannot be read twice: they name a file. Pure."""

import shlex
from collections.abc import Iterator, Sequence

_FILES = {"--plan": "PLAN", "--new-plan": "NEW", "--assume-done": "FILE"}
"""The options that may be standard input (``-``), and what stands for the file then."""


def with_files(words: Sequence[str]) -> Iterator[str]:
    """Yield the words of a command line, with the name of a file in place of standard input."""
    before = ""
    for word in words:
        option = word.removesuffix("=-")
        if word == "-" and before in _FILES:
            yield _FILES[before]
        elif word != option and option in _FILES:
            yield f"{option}={_FILES[option]}"
        else:
            yield word
        before = word


def file_word(option: str, value: str) -> str:
    """Return the file of an option as a word of a command line, also where it was standard input."""
    return _FILES[option] if value == "-" else shlex.quote(value)


def saving_first(**files: str | None) -> str:
    """Return what to do before such a command is typed, as a line; nothing if it names no such file.

    Args:
        files: The values of the options, by the names of their parameters.
    """
    read = [_FILES[f"--{name.replace('_', '-')}"] for name, value in files.items() if value == "-"]
    return "".join(f"\n{file} is what was read from standard input: save it in a file first" for file in read)

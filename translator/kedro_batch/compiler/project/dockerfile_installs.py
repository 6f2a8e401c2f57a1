"""Reads which packages a Dockerfile installs beside its lists of packages."""

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from packaging.utils import canonicalize_name

from kedro_batch.compiler.project.requirement_names import Installs, Named, read_requirement

_COMMENT_LINE = re.compile(r"^[ \t]*#.*\n?", re.MULTILINE)
_CONTINUED = re.compile(r"\\[ \t]*\n")
_HERE_DOCUMENT = re.compile(r"<<-?[\"']?(\w+)[\"']?")
_QUOTED = r"\"(?:\\.|[^\"\\])*\"|'[^']*'|\\."
_PARTS = re.compile(rf"({_QUOTED})|([;&|()]+)|(?:^|(?<=\s))#.*$")
"""What is quoted, what ends a command, and a comment."""
_END_OF_COMMAND = re.compile(r"[;&|()]+")
_PIP = re.compile(r"pip(\d[\d.]*)?")
_SAYS = ("echo", "printf", ":")
"""They print their words."""
_SHELLS = ("sh", "bash", "dash", "ash", "zsh")
_ADDERS = (("uv", "add"), ("poetry", "add"))
_WITH_EXTRAS = {"uv", "poetry", "pdm"}
_TAKE_VALUES = {
    *("-c", "--constraint", "--constraints", "-b", "--build-constraint", "--override", "--overrides"),
    *("-i", "--index-url", "--extra-index-url", "--index", "--default-index", "-f", "--find-links"),
    *(
        "-t",
        "--target",
        "--prefix",
        "--root",
        "--src",
        "-p",
        "--python",
        "--directory",
        "--project",
        "--cache-dir",
        "--log",
    ),
    *("--python-version", "--platform", "--python-platform", "--implementation", "--abi"),
    *("--no-binary", "--only-binary", "--no-build-package", "--no-binary-package", "--no-build-isolation-package"),
    *("--config-settings", "-C", "--upgrade-strategy", "--upgrade-package", "-P", "--reinstall-package", "--link-mode"),
    *("--progress-bar", "--report", "--proxy", "--timeout", "--retries", "--cert", "--client-cert", "--trusted-host"),
    *("--keyring-provider", "--index-strategy", "--exclude-newer"),
    *("--group", "-G", "--source", "--extra", "-E", "--extras", "--package", "--branch", "--tag", "--rev"),
}
"""Options of ``pip install``, ``uv pip install``, ``uv add`` and ``poetry add`` that are followed by a value."""


def find_installs(text: str) -> Installs:
    """Return what the ``RUN`` instructions of a Dockerfile install, and the wheels that it copies."""
    packages: list[Named] = []
    lists: list[str] = []
    extras: set[str] = set()
    for name, body in _instructions(text):
        if name in ("COPY", "ADD"):
            packages += [read_requirement(one) for one in _split(body)[:-1] if one.endswith(".whl")]
        elif name == "RUN":
            for words in _commands(body):
                extras |= set(_extras(words))
                for kind, word in _installed(words):
                    if kind == "list":
                        lists.append(word)
                    else:
                        packages.append(read_requirement(word))
    return Installs(packages=tuple(one for one in packages if one.name), lists=tuple(lists), extras=frozenset(extras))


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each instruction, without comments, its lines joined, with its here-documents."""
    lines = iter(_CONTINUED.sub(" ", _COMMENT_LINE.sub("", text)).splitlines())
    for line in lines:
        name, _, body = line.strip().partition(" ")
        inner = []
        for end in _HERE_DOCUMENT.findall(body) if name.upper() in ("RUN", "COPY", "ADD") else ():
            for one in lines:
                if one.strip() == end:
                    break
                inner.append(one)
        yield name.upper(), "\n".join([body, *inner]) if name.upper() == "RUN" else body


def _commands(script: str) -> Iterator[list[str]]:
    """Yield the words of each command of a script, or of the JSON form of ``RUN``."""
    try:
        words = json.loads(script) if script.lstrip().startswith("[") else None
    except ValueError:
        words = None
    simple = [[str(one) for one in words]] if isinstance(words, list) else map(_split, script.splitlines())
    for one in simple:
        command: list[str] = []
        for word in [*one, ";"]:
            if not _END_OF_COMMAND.fullmatch(word):
                command.append(word)
                continue
            yield from _with_inner(command)
            command = []


def _with_inner(command: list[str]) -> Iterator[list[str]]:
    """Yield a command, and those in a script that it gives to a shell."""
    yield command
    programs = [PurePosixPath(one).name for one in command]
    for at, word in enumerate(command[:-1]):
        if at and programs[at - 1] in _SHELLS and re.fullmatch(r"-\w*c", word):
            yield from _commands(command[at + 1])


def _split(line: str) -> list[str]:
    """Return the words of a line, and what ends a command as a word of its own."""
    spaced = _PARTS.sub(lambda found: found[1] or f" {found[2] or ''} ", line)
    try:
        return shlex.split(spaced)
    except ValueError:  # a quote without an end
        return spaced.split()


def _installed(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the requirements and the lists of a command that installs packages, each with its kind."""
    rest = iter(_arguments(words))
    for word in rest:
        option, has_value, value = word.partition("=")
        if not word.startswith("-"):
            yield "package", word
        elif option in ("-r", "--requirement", "--requirements"):
            yield "list", value if has_value else next(rest, "")
        elif option in ("-e", "--editable"):
            yield "package", value if has_value else next(rest, "")
        elif re.match(r"-r[^-]", word):
            yield "list", word[2:]
        elif option in _TAKE_VALUES and not has_value:
            next(rest, None)


def _arguments(words: Sequence[str]) -> Sequence[str]:
    """Return what stands behind ``pip install``, ``uv pip install``, ``uv add`` or ``poetry add``; else nothing."""
    if not words or words[0] in _SAYS:
        return ()
    for at, word in enumerate(words):
        program = PurePosixPath(word).name
        rest = [*words[at + 1 :]]
        while rest and rest[0].startswith("-"):  # options of the program itself
            rest.pop(0)
        if rest and ((_PIP.fullmatch(program) and rest[0] == "install") or (program, rest[0]) in _ADDERS):
            return rest[1:]
    return ()


def _extras(words: Sequence[str]) -> Iterator[str]:
    """Yield the extras of the project that a command of uv, poetry or pdm asks for."""
    if not words or words[0] in _SAYS or not {PurePosixPath(one).name for one in words} & _WITH_EXTRAS:
        return
    for at, word in enumerate(words):
        option, has_value, value = word.partition("=")
        if option == "--all-extras":
            yield "*"
        elif option in ("--extra", "--extras", "-E"):
            given = value if has_value else "".join(words[at + 1 : at + 2])
            yield from (canonicalize_name(one) for one in re.split(r"[\s,]+", given) if one)

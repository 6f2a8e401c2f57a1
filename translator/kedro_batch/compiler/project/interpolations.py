"""Finds the interpolation that Kedro could not resolve: the file, the line and the entry, which its errors do not name.

It stands as ``${bucket:raw}`` or ``${globals:bucket}`` in the values of a file of the configuration.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from kedro_batch.diagnostics import Diagnostic, FieldPath
from kedro_batch.files import yaml_reader
from kedro_batch.text.wording import counted


class _Failure(NamedTuple):
    """A kind of error: how it is worded, how the interpolation is written, and what to do."""

    error: str
    written: str
    remedy: str


_FAILURES = (
    _Failure(
        r"oc\.env(?!:)",
        r"\$\{{\s*oc\.env\s*:",
        ". Kedro reads environment variables only in credentials.yml. To allow them everywhere, add the resolver to "
        'CONFIG_LOADER_ARGS in settings.py: "custom_resolvers": {{"oc.env": omegaconf.resolvers.oc.env}}',
    ),
    _Failure(
        r"Unsupported interpolation type (\S+)",
        r"\$\{{\s*{}\s*:",
        ": no resolver has this name. Hooks do not run while compiling: if a hook registers it, pass it in settings.py "
        'instead, beside the arguments that are there: CONFIG_LOADER_ARGS = {{"base_env": "base", "default_run_env": '
        '"local", "custom_resolvers": {{"{}": ...}}}}',
    ),
    _Failure(
        "Runtime parameter '(.+?)' not found",
        r"\$\{{\s*runtime_params\s*:\s*{}\s*[,}}]",
        " Pass it with --params, or write a default: ${{runtime_params:NAME,DEFAULT}}",
    ),
    _Failure(
        "Environment variable '(.+?)' not found",
        r"\$\{{\s*oc\.env\s*:\s*{}\s*[,}}]",
        ". Set it where you compile as the jobs have it, or write a default: ${{oc.env:NAME,DEFAULT}}",
    ),
    _Failure(
        "Globals key '(.+?)' not found",
        r"\$\{{\s*globals\s*:\s*{}\s*[,}}]",
        " Define it in globals.yml, or write a default: ${{globals:NAME,DEFAULT}}",
    ),
    _Failure(
        "Interpolation key '(.+?)' not found",
        r"\$\{{\s*{}\s*\}}",
        ". Define it in the same section, or in globals.yml and write ${{globals:NAME}}",
    ),
)


def find_remedy(message: str) -> str:
    """Return what to do about an interpolation that failed, to follow Kedro's message; empty if none did."""
    return next((failure.remedy.format(*found.groups()) for failure, found in _match(message)), "")


def diagnose_interpolation(message: str, section: str, files: Mapping[str, Path]) -> Iterator[Diagnostic]:
    """Yield a diagnostic with the first place where the interpolation stands that failed; nothing if none did.

    Args:
        message: The first line of Kedro's error.
        section: What Kedro read, such as ``catalog``.
        files: The files of the configuration, by the names that messages use.
    """
    for failure, found in _match(message):
        written = re.compile(failure.written.format(*map(re.escape, found.groups())))
        own = {name: file for name, file in files.items() if f"/{section}" in f"/{name}"}
        if places := [*_find(written, own)] or [*_find(written, files)]:
            name, line, path = places[0]
            more = f". The same stands in {counted(len(places) - 1, 'more place')}" if len(places) > 1 else ""
            reason = f"{message}{failure.remedy.format(*found.groups())}{more}"
            yield Diagnostic(source=name, line=line, path=path, message=reason)
        return


def _match(message: str) -> Iterator[tuple[_Failure, re.Match[str]]]:
    for failure in _FAILURES:
        if found := re.search(failure.error, message):
            yield failure, found
            return


def _find(written: re.Pattern[str], files: Mapping[str, Path]) -> Iterator[tuple[str, int | None, FieldPath]]:
    for name, file in files.items():
        content = file.read_bytes()
        if b"${" in content:
            document = yaml_reader.parse(content, name, with_lines=True)
            for path, text in _texts(document.value):
                if written.search(text):
                    yield name, document.lines.get(path), path


def _texts(value: Any) -> Iterator[tuple[FieldPath, str]]:
    """Yield all texts inside a value, with their paths."""
    inner: list[tuple[FieldPath, Any]] = [((), value)]
    for path, one in inner:
        if isinstance(one, str):
            yield path, one
        elif isinstance(one, Mapping):
            inner += [((*path, str(key)), part) for key, part in one.items()]
        elif isinstance(one, list):
            inner += [((*path, index), part) for index, part in enumerate(one)]

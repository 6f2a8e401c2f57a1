"""Checks for values that look like credentials: a plan is read in pull requests and kept in git.

What is found by its form is always refused. What is found by its name alone may be none: ``not_secret`` of a plan
lists such names, where reviewers see them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import dropwhile
from typing import Any

from kedro_batch.diagnostics import Diagnostic, FieldPath, PathMessage, diagnostics_of
from kedro_batch.files.read_budget import MAX_CACHED_WORD
from kedro_batch.files.yaml_scalars import write_scalar
from kedro_batch.plan.checks.credential_forms import has_form_of_credential
from kedro_batch.plan.checks.credential_names import counts_passes, is_name_of_credential, names_credential
from kedro_batch.plan.checks.credential_texts import (
    decoded_texts,
    options_with_values,
    pairs_inside,
    passwords_of_programs,
    shell_words,
)
from kedro_batch.plan.model import stated_settings

Names = frozenset[str]
_NONE: Names = frozenset()
_LONGEST_NAME = 255
"""Characters of a name in ``not_secret``: ``schemas/plan.schema.json`` says so too."""


@dataclass(frozen=True, slots=True)
class Sign:
    """Why something looks like a credential.

    Attributes:
        name: Its name; None if its form tells, whatever its name.
    """

    name: str | None = None


BY_FORM = Sign()


def looks_like_credential(name: str, value: str) -> bool:
    """True if a variable or a tag looks like a credential, by its value or by its name."""
    return find_sign(name, value) is not None


def find_sign(name: str, value: str, not_secret: Names = _NONE) -> Sign | None:
    """Return why a value looks like a credential; None if it does not.

    Args:
        name: What it is called.
        value: The value; names and values in it are looked at, too.
        not_secret: Names that are none of credentials, letter by letter.
    """
    # Short answers are remembered, because most commands are made of a few words.
    found = _remembered(name, value) if len(value) <= MAX_CACHED_WORD else _signs(name, value)
    return next((sign for sign in found if sign.name is None or sign.name not in not_secret), None)


def _signs(name: str, value: str) -> tuple[Sign, ...]:
    if not value:
        return ()
    texts = (value, *decoded_texts(value))
    if any(has_form_of_credential(name, text) or _has_password_of_program(text) for text in texts):
        return (BY_FORM,)
    pairs = ((name, value), *(pair for text in texts for pair in pairs_inside(text)))
    return tuple({Sign(one): None for one, its in pairs if names_credential(one, its)})


def _has_password_of_program(text: str) -> bool:
    return any(True for _ in passwords_of_programs(shell_words(text)))


_remembered = lru_cache(maxsize=16_384)(_signs)


def may_hold_credential(entry: Mapping[str, Any]) -> bool:
    """True if a catalog entry may hold a credential, at any depth; names of credentials that stand elsewhere are none.

    What is named like one counts, whatever its value: this is for what is shown to be copied, not for what is refused.
    """
    for path, name, value in _texts(entry, ("",)):
        named = "" if name == "credentials" else name
        if "credentials" in path[:-1] or is_name_of_credential(named) or looks_like_credential(named, value):
            return True
    return False


def names_not_secret(file: Mapping[str, Any]) -> Names:
    """Return the names that a plan file, or ``aws_batch.yml``, says are none of credentials."""
    given = file.get("not_secret")
    return frozenset(name for name in given if isinstance(name, str)) if isinstance(given, list | tuple) else _NONE


def names_of_credentials(settings: Mapping[str, Any], params: Sequence[Mapping[str, Any]]) -> Names:
    """Return the names by which values look like credentials, whatever ``not_secret`` says.

    Args:
        settings: Those of a project.
        params: Parameters of its jobs, from one or more sources.
    """
    pairs = [(name, value) for _, name, value in _texts(settings, ("",))]
    pairs += [(name, str(value)) for one in params for _, name, value in _named_scalars(one, (), "")]
    for _, words in _lists_of_words((settings, *params), ()):
        pairs += [(name, value) for _, name, value in options_with_values(words)]
    return frozenset(sign.name for pair in pairs for sign in _signs(*pair) if sign.name is not None)


def check_credentials(file: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """Yield everything in a plan file that looks like a credential: in settings, job definitions and commands."""
    names = names_not_secret(file)
    yield from diagnostics_of(credentials_in_names(file.get("not_secret", ())), ("not_secret",))
    for name, declared in file.get("job_definitions", {}).items():
        yield from diagnostics_of(credentials_in_definition(declared, names), ("job_definitions", name))
    for here, settings in stated_settings(file):
        yield from diagnostics_of(credentials_in(settings, names), here)
    yield from diagnostics_of(credentials_in_params(file.get("params", {}), names), ("params",))
    for index, job in enumerate(file["jobs"]):
        yield from diagnostics_of(credentials_in_command(job["command"], names), ("jobs", index, "command"))


def credentials_in(settings: Mapping[str, Any], not_secret: Names = _NONE) -> Iterator[PathMessage]:
    """Yield what looks like a credential in the settings of a job: in its environment, its tags, its ``submit``."""
    for place, advice in (("environment", _IN_ENVIRONMENT), ("tags", _IN_TAGS), ("submit", _IN_ENVIRONMENT)):
        for path, sign in _signs_in(settings.get(place), (place,), not_secret).items():
            yield path, _message(sign, advice)


def credentials_in_definition(declared: Mapping[str, Any], not_secret: Names = _NONE) -> Iterator[PathMessage]:
    """Yield what looks like a credential in a declared job definition: in its ``register``, or in place of an ARN."""
    for path, sign in _signs_in(declared.get("register"), ("register",), not_secret).items():
        yield path, _message(sign, _IN_ENVIRONMENT)
    for path, _, value in _texts(declared.get("secrets"), ("secrets",)):
        if looks_like_credential("", value):
            yield path, _IN_SECRETS


def credentials_in_params(params: Mapping[str, Any], not_secret: Names = _NONE) -> Iterator[PathMessage]:
    """Yield the places of parameters that look like credentials, a list once."""
    found: dict[FieldPath, Sign] = {}
    for path, name, value in _named_scalars(params, (), ""):
        if isinstance(value, int | float) and counts_passes(name):
            continue
        whole = _without_positions(path)
        if whole not in found and (sign := find_sign(name, str(value), not_secret)):
            found[whole] = sign
    for path, words in _lists_of_words(params, ()):
        for sign in _signs_of_words(words, not_secret).values():
            found.setdefault(_without_positions(path), sign)
    for path, sign in found.items():
        yield path, _message(sign, f"{_IN_CONTAINER}, or write it into the project's parameters files")


def credentials_in_command(command: Sequence[str], not_secret: Names = _NONE) -> Iterator[PathMessage]:
    """Yield the positions of the words of a command that look like credentials.

    A name stands before an equals sign, or is the option before a word: ``--password=x``, ``--password x``,
    ``PASSWORD=x``, ``--params=a=1,db.password=x``; likewise in a script, as of ``sh -c``.
    """
    for position, sign in _signs_of_words(command, not_secret).items():
        yield (position,), _message(sign, _IN_CONTAINER)


def credentials_in_names(names: Any) -> Iterator[PathMessage]:
    """Yield the entries of ``not_secret`` that look like credentials themselves."""
    for position, name in enumerate(names if isinstance(names, list) else ()):
        if isinstance(name, str) and find_sign("", name):
            yield (position,), "looks like a credential itself: write the name that it has, not its value"


def _message(sign: Sign, advice: str) -> str:
    """Word a diagnostic; the name tells which one is meant, and may mislead."""
    if sign.name is None:
        return f"looks like a credential, by its form, and a plan is read by many: {advice}"
    message = f"looks like a credential, by its name, and a plan is read by many: {advice}. If it is none, "
    if len(sign.name) > _LONGEST_NAME:
        return f"{message}give it a shorter name"
    return (
        f"{message}write not_secret: [{write_scalar(sign.name)}] into aws_batch.yml, or at the top of a plan that was "
        "not compiled"
    )


def _signs_in(value: Any, here: FieldPath, not_secret: Names) -> dict[FieldPath, Sign]:
    """Return why values look like credentials, by their paths; lists of words may be commands."""
    signs = {path: find_sign(name, text, not_secret) for path, name, text in _texts(value, here)}
    for path, words in _lists_of_words(value, here):
        signs |= {(*path, position): sign for position, sign in _signs_of_words(words, not_secret).items()}
    return {path: sign for path, sign in signs.items() if sign}


def _signs_of_words(words: Sequence[str], not_secret: Names) -> dict[int, Sign]:
    """Return why words of a command look like credentials, by their positions."""
    behind: dict[int, list[tuple[str, str]]] = {}
    for position, name, value in options_with_values(words):
        behind.setdefault(position, []).append((name, value))
    found = dict.fromkeys(passwords_of_programs(words), BY_FORM)
    for position, word in enumerate(words):
        signs = (find_sign(name, value, not_secret) for name, value in (("", word), *behind.get(position, ())))
        if position not in found and (sign := next(filter(None, signs), None)):
            found[position] = sign
    return found


def _lists_of_words(value: Any, here: FieldPath) -> Iterator[tuple[FieldPath, Sequence[str]]]:
    """Yield every list that has nothing but texts, with its path."""
    match value:
        case Mapping():
            for key, inner in value.items():
                yield from _lists_of_words(inner, (*here, str(key)))
        case list() | tuple():
            if all(isinstance(inner, str) for inner in value):
                yield here, value
            else:
                for position, inner in enumerate(value):
                    yield from _lists_of_words(inner, (*here, position))


def _without_positions(path: FieldPath) -> FieldPath:
    """Return the path of the outermost list that ends in a path."""
    return tuple(dropwhile(lambda step: isinstance(step, int), reversed(path)))[::-1]


def _named_scalars(value: Any, here: FieldPath, name: str) -> Iterator[tuple[FieldPath, str, Any]]:
    """Yield every scalar with its path and its name: the keys of all maps above it.

    That of a ``value`` is the ``name`` or the ``key`` beside it.
    """
    match value:
        case Mapping():
            own = value.get("name", value.get("key"))
            for key, inner in value.items():
                named = f"{name}.{key}" if name else str(key)
                named = own if key == "value" and isinstance(own, str) else named
                yield from _named_scalars(inner, (*here, str(key)), named)
        case list() | tuple():
            for position, inner in enumerate(value):
                yield from _named_scalars(inner, (*here, position), name)
        case bool() | None:
            pass
        case _:
            yield here, name, value


def _texts(value: Any, here: FieldPath) -> Iterator[tuple[FieldPath, str, str]]:
    """Yield every value with its path and its name; in a pair of name and value, that is the name of the pair."""
    name = str(here[-1])
    match value:
        case {"name": str(name), "value": str() | int() | float() as inner}:
            yield here, name, str(inner)
        case Mapping():
            for key, inner in value.items():
                yield from _texts(inner, (*here, str(key)))
        case list() | tuple():
            for position, inner in enumerate(value):
                yield from _texts(inner, (*here, position))
        case bool() | None:
            pass
        case _:
            yield here, name, str(value)


_IN_CONTAINER = "let the container find it, in AWS Secrets Manager or by the permission of its role"
_IN_ENVIRONMENT = (
    "keep it in AWS Secrets Manager and name it under secrets in the job definition, or give the job role the "
    "permission"
)
_IN_TAGS = "leave it out"
_IN_SECRETS = (
    "looks like a credential itself, and a plan is read by many: keep it in AWS Secrets Manager and write the ARN that "
    "it has there"
)

"""Words what a JSON Schema does not allow, so that they help: with what is meant, and how to write it. Pure.

An error of jsonschema comes in; messages go out. Values of fields that may be secrets are not in them.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from kedro_batch.diagnostics import FieldPath, PathMessage
from kedro_batch.files.yaml_scalars import write_scalar
from kedro_batch.text.wording import did_you_mean, listed, quoted

_PRIVATE = {"environment", "tags", "submit", "secrets", "register"}
"""Fields whose values may be secrets, put there by mistake: messages do not show them."""
_TYPE_NAMES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "nothing",
}


class Meaning(NamedTuple):
    """What is meant by a field that the schema does not allow: its right name, and its value as it should be written.

    The text is empty if the value is not understood. The advice says what else to do; in place of a setting if that
    is empty.
    """

    setting: str
    text: str = ""
    advice: str = ""


FindMeaning = Callable[[FieldPath, object], Meaning | None]
"""Tells what is meant by a field, of which the path and the value are given."""


def unknown_fields(path: FieldPath, error: Any, find_meaning: FindMeaning) -> Iterator[PathMessage]:
    """Yield a message for each field that the schema does not know."""
    known = error.schema["properties"]
    for field in sorted(set(error.instance) - set(known)):
        meaning = find_meaning((*path, field), error.instance[field])
        if meaning and not meaning.setting:
            hint = f" {meaning.advice}"
        elif meaning and meaning.setting in known:
            write = f" Write {meaning.setting}: {meaning.text}" if meaning.text else ""
            hint = f" Did you mean {meaning.setting!r}?{write}{meaning.advice and f' {meaning.advice}'}"
        else:
            hint = did_you_mean(field, known) or f" Known here: {', '.join(known)}."
        yield (*path, field), f"unknown field.{hint}"


def missing_fields(path: FieldPath, error: Any, find_meaning: FindMeaning) -> Iterator[PathMessage]:
    """Yield a message for each field that is missing, unless another one was meant to be it."""
    meanings = (find_meaning((*path, field), value) for field, value in error.instance.items())
    meant = {meaning.setting for meaning in meanings if meaning}
    for field in error.validator_value:
        if field not in error.instance and field not in meant:
            yield path, f"{field!r} is missing. {_description(error.schema['properties'][field])}".rstrip()


def reword(error: Any, find_meaning: FindMeaning) -> str:
    """Return what is wrong, with the schema's own description of the field."""
    describe = _MESSAGES.get(str(error.validator))
    message = describe(error) if describe else error.message
    if error.validator == "type":
        message += _how_to_write(error, find_meaning)
    elif error.validator == "enum" and (advice := _find_advice(error, find_meaning)):
        return f"{_shown(error.instance)} is unknown. {advice}"
    description = "" if error.validator in ("enum", "const") else _description(error.schema)
    return f"{message}. {description}".rstrip()


def _description(schema_part: Any) -> str:
    return str(schema_part.get("description", ""))


def _wrong_type(error: Any) -> str:
    kinds = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    wanted = " or ".join(_TYPE_NAMES[kind] for kind in kinds)
    found = "" if _PRIVATE & set(error.absolute_path) else f", found {_shown(error.instance)}"
    return f"must be {wanted}{found}"


def _how_to_write(error: Any, find_meaning: FindMeaning) -> str:
    kinds = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    value, path = error.instance, tuple(error.absolute_path)
    name = path[-1] if path else None
    meaning = find_meaning(path, value) if isinstance(name, str) else None
    if meaning and meaning.setting == name and meaning.text:
        return f": write {name}: {meaning.text}"
    match value:
        case bool():
            return ": put it in quotes" if "string" in kinds else ""
        case int() | float() if "string" in kinds:
            return ": put it in quotes"
        case str() if value.isdigit() and ("integer" in kinds or "number" in kinds):
            return ": write it without quotes"
        case str() if kinds == ["array"] and " " not in value:
            known = error.schema.get("items", {}).get("enum", ())
            return f": write [{write_scalar(value.lower() if value.lower() in known else value)}]"
        case _:
            return ""


def _find_advice(error: Any, find_meaning: FindMeaning) -> str:
    path = tuple(error.absolute_path)
    meaning = find_meaning(path, error.instance) if path and isinstance(path[-1], str) else None
    return meaning.advice if meaning and not meaning.setting else ""


def _unknown_word(error: Any) -> str:
    known = [str(word) for word in error.validator_value]
    if not isinstance(error.instance, str):
        return f"must be one word, found {_shown(error.instance)}. Known here: {', '.join(known)}"
    return f"{_shown(error.instance)} is unknown.{did_you_mean(error.instance, known)} Known here: {', '.join(known)}"


def _shown(value: object) -> str:
    """Spell a value for a message: its kind, and the value itself if it is short."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            return quoted(value)
        case _:
            return "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else "nothing"


def _wrong_constant(error: Any) -> str:
    if error.validator_value is True:
        return f"must be true, found {_shown(error.instance)}: leave it out if it does not hold"
    return f"found {_shown(error.instance)}; this version of kedro-batch reads {error.validator_value!r}"


def _not_one_of(error: Any) -> str:
    # Our schemas use it for fields of which exactly one is wanted.
    fields = [field for one in error.validator_value for field in one["required"]]
    given = [field for field in fields if field in error.instance]
    return f"has {' and '.join(given)}: write one of them" if given else f"needs {' or '.join(fields)}"


def _not_alone(error: Any) -> str:
    pairs = ((field, needed) for field, others in error.validator_value.items() for needed in others)
    alone = [pair for pair in pairs if pair[0] in error.instance and pair[1] not in error.instance]
    return listed(f"{field} is only for {needed}, and there is no {needed}" for field, needed in alone)


_WRONG_TEXT = {"^/": "must begin with /"}
_MESSAGES: dict[str, Callable[[Any], str]] = {
    "enum": _unknown_word,
    "not": lambda _: "does not belong here",
    "minProperties": lambda error: f"must have {error.validator_value} or more keys" if error.instance else "is empty",
    "type": _wrong_type,
    "const": _wrong_constant,
    "minimum": lambda error: f"must be at least {error.validator_value}, found {error.instance}",
    "maximum": lambda error: f"must be at most {error.validator_value}, found {error.instance}",
    "exclusiveMinimum": lambda error: f"must be more than {error.validator_value}, found {error.instance}",
    "minLength": lambda error: f"must have {error.validator_value} or more characters",
    "maxLength": lambda error: f"has {len(error.instance)} characters, {error.validator_value} are allowed",
    "minItems": lambda error: f"must have {error.validator_value} or more items",
    "maxItems": lambda error: f"has {len(error.instance)} items, {error.validator_value} are allowed",
    "maxProperties": lambda error: f"has {len(error.instance)} keys, {error.validator_value} are allowed",
    "pattern": lambda error: f"{_shown(error.instance)} {_WRONG_TEXT.get(error.validator_value, 'is not allowed')}",
    "oneOf": _not_one_of,
    "dependentRequired": _not_alone,
    "uniqueItems": lambda error: f"names {repeated(error.instance)} more than once",
}


def repeated(items: list[object]) -> str:
    """Name the texts that a list has more than once; where our schemas forbid that, they allow only texts."""
    counts = Counter(item for item in items if isinstance(item, str))
    return listed(sorted(_shown(item) for item, count in counts.items() if count > 1))

"""Checks a value against one of our JSON Schemas and says what is wrong in words that help.

A value comes in, as a YAML or JSON file holds it; places and messages go out. jsonschema-rs, which is quick, says
whether anything is wrong; jsonschema, which is slow, then says what; this module words it, and adds the schema's own
description of the field. Nothing here knows what a plan is.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any, NamedTuple

from kedro_batch.diagnostics import FieldPath, PathMessage
from kedro_batch.files.resources import schema
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


def _is_finite_number(_: object, value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


@cache
def _validator(name: str) -> Any:
    from jsonschema import Draft202012Validator, validators  # noqa: PLC0415  only what is wrong needs it

    # JSON has no infinite numbers, but YAML has.
    kinds = Draft202012Validator.TYPE_CHECKER.redefine("number", _is_finite_number)
    extend: Any = validators.extend
    quick = {"uniqueItems": _each_once, "items": partial(_each_item, name)}
    quick |= {word: partial(_unspelled, word) for word in _SPELLED_BY_JSONSCHEMA}
    return extend(Draft202012Validator, quick, type_checker=kinds)(schema(name))


@cache
def _is_valid(name: str, part: str = "") -> Callable[[object], bool]:
    """Return a quick test by a schema, or by a part of it such as ``#/$defs/job``."""
    from jsonschema_rs import Draft202012Validator  # noqa: PLC0415  the command line's --help does without

    whole_schema = schema(name)
    return Draft202012Validator({"$ref": part, "$defs": whole_schema["$defs"]} if part else whole_schema).is_valid


def _surely_valid(value: object, is_valid: Callable[[object], bool]) -> bool:
    try:
        return is_valid(value) and _is_finite(value)
    except ValueError:  # it holds half a character, or something that no file holds
        return False


def _is_finite(value: object) -> bool:
    """True if a value holds no infinite number, however deep."""
    inner = [value]
    for one in inner:
        if isinstance(one, float) and not math.isfinite(one):
            return False
        if isinstance(one, dict):
            inner += [part for part in one.values() if isinstance(part, dict | list | float)]
        elif isinstance(one, list):
            inner += [part for part in one if isinstance(part, dict | list | float)]
    return True


def whole(number: Any) -> Any:
    """Return 2.0 as an integer, which it is to JSON Schema, and anything else as it is."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


def check(value: object, schema_name: str, find_meaning: FindMeaning = lambda _, __: None) -> Iterator[PathMessage]:
    """Yield a place and a message for everything in ``value`` that the schema does not allow.

    Args:
        value: What a YAML or JSON file holds.
        schema_name: Such as ``"plan"`` for ``schemas/plan.schema.json``.
        find_meaning: Tells what is meant by fields that are not as the schema wants them.
    """
    if _surely_valid(value, _is_valid(schema_name)):
        return
    missing: set[FieldPath] = set()
    for error in _validator(schema_name).iter_errors(value):
        path = tuple(error.absolute_path)
        if error.validator == "minProperties" and path in missing:
            continue  # the missing field is reported
        if "propertyNames" in error.absolute_schema_path:
            path = (*path, str(error.instance))
        allowed: Any = error.schema
        match error.validator:
            case "additionalProperties" if "properties" in allowed:
                yield from _unknown_fields(path, error, find_meaning)
            case "required":  # there is one error for each missing field, and none of them names it
                if path not in missing:
                    missing.add(path)
                    yield from _missing_fields(path, error, find_meaning)
            case _:
                yield path, _reword(error, find_meaning)


def _unknown_fields(path: FieldPath, error: Any, find_meaning: FindMeaning) -> Iterator[PathMessage]:
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


def _missing_fields(path: FieldPath, error: Any, find_meaning: FindMeaning) -> Iterator[PathMessage]:
    meanings = (find_meaning((*path, field), value) for field, value in error.instance.items())
    meant = {meaning.setting for meaning in meanings if meaning}
    for field in error.validator_value:
        if field not in error.instance and field not in meant:
            yield path, f"{field!r} is missing. {_description(error.schema['properties'][field])}".rstrip()


def _reword(error: Any, find_meaning: FindMeaning) -> str:
    describe = _MESSAGES.get(str(error.validator))
    message = describe(error) if describe else error.message
    if error.validator == "type":
        message += _how_to_write(error, find_meaning)
    elif error.validator == "enum" and (advice := _find_advice(error, find_meaning)):
        return f"{shown(error.instance)} is unknown. {advice}"
    description = "" if error.validator in ("enum", "const") else _description(error.schema)
    return f"{message}. {description}".rstrip()


def _description(schema_part: Any) -> str:
    return str(schema_part.get("description", ""))


def _wrong_type(error: Any) -> str:
    kinds = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    wanted = " or ".join(_TYPE_NAMES[kind] for kind in kinds)
    found = "" if _PRIVATE & set(error.absolute_path) else f", found {shown(error.instance)}"
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
            return f": write [{value.lower() if value.lower() in known else value}]"
        case _:
            return ""


def _find_advice(error: Any, find_meaning: FindMeaning) -> str:
    path = tuple(error.absolute_path)
    meaning = find_meaning(path, error.instance) if path and isinstance(path[-1], str) else None
    return meaning.advice if meaning and not meaning.setting else ""


def _unknown_word(error: Any) -> str:
    known = [str(word) for word in error.validator_value]
    if not isinstance(error.instance, str):
        return f"must be one word, found {shown(error.instance)}. Known here: {', '.join(known)}"
    return f"{shown(error.instance)} is unknown.{did_you_mean(error.instance, known)} Known here: {', '.join(known)}"


def shown(value: object) -> str:
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
    return f"found {shown(error.instance)}; this version of kedro-batch reads {error.validator_value!r}"


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
    "pattern": lambda error: f"{shown(error.instance)} {_WRONG_TEXT.get(error.validator_value, 'is not allowed')}",
    "oneOf": _not_one_of,
    "dependentRequired": _not_alone,
    "uniqueItems": lambda error: f"names {_repeated(error.instance)} more than once",
}


def _repeated(items: list[object]) -> str:
    """Name the texts that a list has more than once; where our schemas forbid that, they allow only texts."""
    counts = Counter(item for item in items if isinstance(item, str))
    return listed(sorted(shown(item) for item, count in counts.items() if count > 1))


def _each_item(name: str, validator: Any, shape: dict[str, Any], items: object, _: object) -> Iterator[Any]:
    """Check ``items`` as jsonschema does, but skip those that are quickly seen to be valid."""
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if "$ref" not in shape or not _surely_valid(item, _is_valid(name, shape["$ref"])):
            yield from validator.descend(item, shape, path=index)


_SPELLED_BY_JSONSCHEMA = ("type", "enum", "const", "not", "maxItems", "maxProperties")


def _unspelled(word: str, validator: Any, wanted: Any, value: object, shape: Any) -> Iterator[Any]:
    """Check as jsonschema does, without its message, which spells the whole value: that may be millions of items.

    Our schemas have no list and no mapping under ``enum``, ``const`` and ``not``, so that none is allowed there.
    """
    from jsonschema import Draft202012Validator, ValidationError  # noqa: PLC0415  only what is wrong needs it

    if not isinstance(value, list | dict):
        yield from Draft202012Validator.VALIDATORS[word](validator, wanted, value, shape)
        return
    match word:
        case "type":
            wrong = not any(
                validator.is_type(value, kind) for kind in ([wanted] if isinstance(wanted, str) else wanted)
            )
        case "maxItems" | "maxProperties":
            wrong = isinstance(value, list if word == "maxItems" else dict) and len(value) > wanted
        case _:
            wrong = True
    if wrong:
        yield ValidationError(word)


def _each_once(_: object, wanted: bool, items: object, __: object) -> Iterator[Any]:
    """Check ``uniqueItems`` as jsonschema does, whose time grows with the square if the kinds of values are mixed."""
    from jsonschema import ValidationError  # noqa: PLC0415  only what is wrong needs it

    if wanted and isinstance(items, list) and _repeated(items):
        yield ValidationError("has items more than once")

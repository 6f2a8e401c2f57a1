"""Checks a value against one of our JSON Schemas and says what is wrong in words that help.

A value comes in, as a YAML or JSON file holds it; places and messages go out. jsonschema-rs, which is quick, says
whether anything is wrong; jsonschema, which is slow, then says what; ``schema_words`` words it. Nothing here knows what
a plan is.
"""

import math
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

from kedro_batch.diagnostics import FieldPath, PathMessage
from kedro_batch.files.resources import schema
from kedro_batch.files.schema_words import FindMeaning, missing_fields, repeated, reword, unknown_fields


def _is_finite_number(_: object, value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


@cache
def _validator(name: str) -> Any:
    from jsonschema import Draft202012Validator, validators  # noqa: PLC0415  loaded only to word what is wrong

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
                yield from unknown_fields(path, error, find_meaning)
            case "required":  # there is one error for each missing field, and none of them names it
                if path not in missing:
                    missing.add(path)
                    yield from missing_fields(path, error, find_meaning)
            case _:
                yield path, reword(error, find_meaning)


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
    from jsonschema import Draft202012Validator, ValidationError  # noqa: PLC0415  loaded only to word what is wrong

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
    from jsonschema import ValidationError  # noqa: PLC0415  loaded only to word what is wrong

    if wanted and isinstance(items, list) and repeated(items):
        yield ValidationError("has items more than once")

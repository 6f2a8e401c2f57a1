"""Parameters of a plan: which values can be carried to a node without loss, how layers are merged, what differs. Pure.

What can be carried is what JSON has, except where Kedro would make something else of it.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from kedro_batch.diagnostics import FieldPath, PathMessage
from kedro_batch.files.read_budget import MAX_DEPTH, MAX_DIGITS, MAX_PATH, MAX_WRITTEN_KEY
from kedro_batch.files.yaml_scalars import key_text, write_scalar

_MAX_LEVELS = MAX_DEPTH - 2
"""Levels of one parameter: a plan file has two above it."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_INTERPOLATION = "${"
_NESTING = re.compile(r"[.\[]")
_ENDS_NAME = re.compile(r"[\],=\\]|\$\(|Ref::")
"""What a name cannot have: Kedro splits at these, or a newer or older omegaconf reads an escape, or AWS Batch or
Kubernetes puts something else in its place."""
_MOST = 10**MAX_DIGITS - 1
_LEAST = 1 - 10 ** (MAX_DIGITS - 1)
"""Whole numbers that a plan file can have: the reader takes longer ones for text that someone forgot to quote."""
_JSON_HAS = "text, a number, true, false, null, a list, or a map"


def merge_params(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Merge parameters as Kedro does: later layers win; maps are merged at any depth, lists are replaced whole."""
    merged: dict[str, Any] = {}
    for layer in layers:
        for name, value in layer.items():
            if isinstance(value, Mapping):
                below = merged.get(name)
                merged[name] = merge_params(below if isinstance(below, Mapping) else {}, value)
            else:
                merged[name] = value
    return merged


def sort_params(params: Any) -> Any:
    """Sort the keys of all maps: their order has no meaning, and equal parameters are to be the same words."""
    match params:
        case Mapping():
            return {name: sort_params(params[name]) for name in sorted(params)}
        case list():
            return [sort_params(one) for one in params]
        case _:
            return params


def wrong_params(params: Mapping[Any, Any]) -> Iterator[PathMessage]:
    """Yield the places of everything that would not reach a node as it is, and why.

    Args:
        params: What a reader of YAML or JSON, or Kedro, has made: values of any type.
    """
    for name, value in params.items():
        if isinstance(name, str) and (message := _wrong_name(name)):
            yield (name,), message
        else:
            yield from _wrong_entry(name, value, ())


def _wrong_name(name: str) -> str | None:
    """Return why a name cannot stand at the top; None if it can, as far as that is not the same for all keys."""
    if _NESTING.search(name):
        outer, *inner = [write_scalar(step) for step in re.split(r"[.\[\]]+", name) if step.strip()] or [""]
        nested = "".join(f"{{{step}: " for step in inner) + "..." + "}" * len(inner)
        advice = f"write {outer}: {nested}" if outer else "choose another name"
        return f"Kedro makes nested parameters of a name with . or [ in it: {advice}"
    if found := _ENDS_NAME.search(name):
        return f"the name has {found[0]!r} in it, which `kedro run --params` cannot pass on: choose another name"
    if not name or name != name.strip() or not name.isprintable():
        return "a name needs letters, no space at its ends, and nothing invisible: choose another name"
    return None


def _wrong_entry(key: Any, value: Any, above: FieldPath) -> Iterator[PathMessage]:
    here = (*above, key if isinstance(key, str) else key_text(key))
    if not isinstance(key, str):
        yield here, f"the key {key_text(key)} must be text: put it in quotes"
    elif _SURROGATE.search(key):
        yield here, "holds half a character: an escape from \\ud800 to \\udfff"
    elif len(write_scalar(key)) > MAX_WRITTEN_KEY:
        yield (*above, f"{key[:20]}..."), f"a key may have {MAX_WRITTEN_KEY:,} characters"
    elif sum(len(step) for step in here if isinstance(step, str)) > MAX_PATH:
        yield above, f"has more than {MAX_PATH:,} characters of keys above each other"
    else:
        yield from _wrong_value(value, here)


def _wrong_value(value: Any, here: FieldPath) -> Iterator[PathMessage]:
    if len(here) > _MAX_LEVELS:
        yield here, f"is nested deeper than {_MAX_LEVELS} levels"
    elif type(value) is dict:
        for key, inner in value.items():
            yield from _wrong_entry(key, inner, here)
    elif type(value) is list:
        for position, inner in enumerate(value):
            yield from _wrong_value(inner, (*here, position))
    elif message := _wrong_scalar(value):
        yield here, message


def _wrong_scalar(value: Any) -> str | None:
    if value is None or type(value) is bool:
        return None
    if type(value) is str:
        if _SURROGATE.search(value):
            return "holds half a character: an escape from \\ud800 to \\udfff"
        return _IS_INTERPOLATED if _INTERPOLATION in value else _IS_MARK if _MARK.fullmatch(value) else None
    if type(value) is float:
        return None if math.isfinite(value) else f"is {value}, and only finite numbers can be passed on"
    if type(value) is int:
        return None if _LEAST <= value <= _MOST else f"is a number of more than {MAX_DIGITS} digits, sign included"
    return f"is of the type {type(value).__name__}, which cannot be passed on without loss: write {_JSON_HAS}"


_IS_INTERPOLATED = (
    "holds ${, and Kedro would put something else in its place: write the value itself, without an interpolation"
)
_MARK = re.compile(r"\\+\?\?\?")
_IS_MARK = "stands for the text ??? in some versions of omegaconf: write it otherwise"


def differing_params(one: Any, other: Any, here: FieldPath = ()) -> Iterator[FieldPath]:
    """Yield the places where two values differ, in value or in type: 1 is not 1.0, nor true."""
    if type(one) is not type(other):
        yield here
    elif isinstance(one, dict):
        for key in {**one, **other}:
            if key in one and key in other:
                yield from differing_params(one[key], other[key], (*here, key))
            else:
                yield (*here, key)
    elif isinstance(one, list):
        if len(one) != len(other):
            yield here
        else:
            for position, pair in enumerate(zip(one, other, strict=True)):
                yield from differing_params(*pair, (*here, position))
    elif one != other or (isinstance(one, float) and math.copysign(1, one) != math.copysign(1, other)):
        yield here


def param_leaves(params: Mapping[str, Any], here: FieldPath = ()) -> Iterator[tuple[FieldPath, Any]]:
    """Yield every parameter with its path: what is in a map stands by itself, lists are whole."""
    for name, value in params.items():
        if isinstance(value, Mapping) and value:
            yield from param_leaves(value, (*here, name))
        else:
            yield (*here, name), value

"""Spells the parameters of a plan as words of a command, which ``kedro run --params`` reads back as equal values. Pure.

Kedro splits the option at every comma, takes what stands before the first ``=`` for a name, and reads the rest as YAML
1.1 (``kedro/framework/cli/utils.py``, ``_split_params``; ``OmegaConf.from_dotlist``; the same from 0.19.0 to 1.7). So
lists and maps are in block style, with line breaks, and all text is in double quotes, with an escape for each comma.

A word passes through other hands before: AWS Batch replaces ``Ref::name``, Kubernetes ``$(NAME)``, and a container's
locale may not be UTF-8. In text, that is escaped too: it is ASCII without ``$``. Names at the top cannot have escapes;
``plan.params`` says what they may be.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kedro_batch.files.yaml_scalars import write_number

PARAMS_OPTION = "--params"


def params_words(params: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the words that give a command these parameters, which ``wrong_params`` has allowed; none if it is empty.

    ``kedro run`` takes the option once: the last one wins.
    """
    items = ",".join(f"{name}={spell_value(value)}" for name, value in params.items())
    return (f"{PARAMS_OPTION}={items}",) if items else ()


def spell_value(value: Any) -> str:
    """Spell a JSON value as YAML that has no comma."""
    return "\n".join(_lines(value))


def _lines(value: Any) -> Iterator[str]:
    match value:
        case Mapping() if value:
            for key, inner in value.items():
                text = _spell_text(key)
                if len(text) > _LONGEST_PLAIN_KEY:
                    yield f"? {text}"
                    text = ""
                yield from _below(f"{text}:", inner)
        case list() | tuple() if value:
            for inner in value:
                first, *others = _lines(inner)
                yield f"- {first}"
                yield from (f"  {line}" for line in others)
        case _:
            yield _spell_scalar(value)


def _below(head: str, inner: Any) -> Iterator[str]:
    if isinstance(inner, Mapping | list | tuple) and inner:
        yield head
        yield from (f" {line}" for line in _lines(inner))
    else:
        yield f"{head} {_spell_scalar(inner)}"


def _spell_scalar(value: Any) -> str:
    match value:
        case str():
            return _spell_text(value)
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Mapping():
            return "{}"
        case list() | tuple():
            return "[]"
        case _:
            return write_number(value)


_LONGEST_PLAIN_KEY = 1000
"""Characters. YAML 1.2.2, section 7.4.2, takes 1,024 in a key without a question mark before it."""
_ESCAPED = re.compile(r'[^ -~]|[",\\$]|(?<=Ref):(?=:)')
_ONE_BYTE, _TWO_BYTES = 0xFF, 0xFFFF


def _spell_text(text: str) -> str:
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    letter = found[0]
    if letter in '"\\':
        return f"\\{letter}"
    if letter in _SHORT:
        return _SHORT[letter]
    code = ord(letter)
    return f"\\x{code:02x}" if code <= _ONE_BYTE else f"\\u{code:04x}" if code <= _TWO_BYTES else f"\\U{code:08x}"


_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}

"""Changes values in a YAML file that people write, and leaves its comments and its layout as they are."""

from collections.abc import Mapping
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.tokens import CommentToken
from ruamel.yaml.util import load_yaml_guess_indent

from kedro_batch.errors import ConfigError

_NO_LINE_IS_FOLDED = 100_000
_BEHIND_VALUE, _BEHIND_ITEM = 2, 0
"""Where ruamel.yaml keeps the comments behind a value of a mapping, and behind an item of a list."""


def with_values(text: str, values: Mapping[str, Any], shown: str) -> str:
    """Return a YAML file with some values changed or added, and every comment kept.

    Args:
        text: The file: a mapping, or nothing. Lines that end as on Windows stay so.
        values: What keys are to have. A mapping is merged into a mapping at any depth; anything else replaces what is
            there. A key whose value is None is taken away.
        shown: The file's name in messages.

    Raises:
        ConfigError: It is no YAML mapping.
    """
    if "\r\n" in text:
        return with_values(text.replace("\r\n", "\n"), values, shown).replace("\n", "\r\n")
    editor = YAML()
    editor.preserve_quotes = True
    editor.width = _NO_LINE_IS_FOLDED
    try:
        _, indent, offset = load_yaml_guess_indent(text)
        content = editor.load(text)
    except YAMLError as error:
        raise ConfigError(f"cannot change {shown}: it is not valid YAML: {error}") from error
    editor.indent(mapping=2, sequence=indent or 2, offset=offset or 0)
    if content is None:
        content = CommentedMap()
        text = text if not text or text.endswith("\n") else f"{text}\n"
    elif not isinstance(content, CommentedMap):
        raise ConfigError(f"cannot change {shown}: it must be a mapping of settings")
    else:
        text = ""
    _merge(content, values)
    stream = StringIO()
    editor.dump(content, stream)
    return text + stream.getvalue()


def _merge(content: CommentedMap, values: Mapping[str, Any], *, nested: bool = False) -> None:
    for key, value in values.items():
        if value is None:
            content.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(content.get(key), CommentedMap):
            _merge(content[key], value, nested=True)
        elif isinstance(value, Mapping):
            behind = content.ca.items.pop(key, None)
            content[key] = CommentedMap()
            _merge(content[key], value)
            if behind and value:  # the empty lines and comments below what was here
                content[key].ca.items[next(reversed(value))] = behind
        elif content.get(key) != value:
            below = _take_below(content) if nested and key not in content else None
            content[key] = value
            if below:
                content.ca.items[key] = [None, None, below, None]


def _take_below(content: CommentedMap) -> CommentToken | None:
    """Take the empty lines and comments below a mapping away from its last value, to which ruamel.yaml adds them."""
    holder, last, slot = content, next(reversed(content), None), _BEHIND_VALUE
    while isinstance(holder[last] if holder else None, (CommentedMap, CommentedSeq)) and holder[last]:
        holder = holder[last]
        is_map = isinstance(holder, CommentedMap)
        last, slot = (next(reversed(holder)), _BEHIND_VALUE) if is_map else (len(holder) - 1, _BEHIND_ITEM)
    comments = holder.ca.items.get(last)
    token = comments[slot] if comments else None
    if token is None or str(holder[last]).endswith("\n"):  # behind a block of text, lines are counted otherwise
        return None
    own, end, below = token.value.partition("\n")
    if not below:
        return None
    token.value = own + end
    return CommentToken(end + below, token.start_mark, None)

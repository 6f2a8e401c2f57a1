"""Reads a CloudFormation template as far as a deployment has to know it: its parameters, and what outlives the stack.

Everything else in it is for CloudFormation to judge.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from kedro_batch.errors import ConfigError

MAX_BYTES = 51_200
"""The largest template that a request carries (the AWS CloudFormation API reference, CreateChangeSet)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a template.

    Attributes:
        default: What it has where nobody gives a value; None if somebody has to.
        secret: Its value is shown to nobody (``NoEcho``).
    """

    default: str | None = None
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource of a template.

    Attributes:
        kind: Its type, such as ``AWS::Batch::JobQueue``.
        kept: It stays when the stack is deleted.
    """

    kind: str
    kept: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template: its text, and by name its parameters and its resources."""

    body: str
    parameters: Mapping[str, Parameter]
    resources: Mapping[str, Resource]


class _Loader(yaml.SafeLoader):
    """Takes the short forms of CloudFormation's functions, such as ``!Ref``, as the values that they stand before."""


def _function(loader: _Loader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return str(node.value)


_Loader.add_multi_constructor("!", _function)


def parse_template(text: str, shown: str) -> Template:
    """Parse a template in YAML or JSON.

    Args:
        text: The template.
        shown: Its name in messages.

    Raises:
        ConfigError: It is too large for a request, or is no template.
    """
    size = len(text.encode())
    if size > MAX_BYTES:
        raise ConfigError(
            f"{shown} has {size:,} bytes, and CloudFormation takes a template of {MAX_BYTES:,} at most. Take comments "
            "and what you do not need out of it, or move a part of it into a stack of its own"
        )
    try:
        content = _Loader(text).get_single_data()
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise ConfigError(f"{shown} is not valid YAML: {error}") from error
    return _template(text, content, shown)


def parse_deployed(reply: Any, shown: str) -> Template:
    """Return the template of a GetTemplate reply, which boto3 gives as text, or parsed if it is JSON."""
    return parse_template(reply, shown) if isinstance(reply, str) else _template(json.dumps(reply), reply, shown)


def _template(text: str, content: Any, shown: str) -> Template:
    resources, parameters = (_section(content, name) for name in ("Resources", "Parameters"))
    if not resources:
        raise ConfigError(f"{shown} is no CloudFormation template: it has no `Resources`")
    return Template(
        body=text,
        parameters={
            name: Parameter(
                default=None if given.get("Default") is None else str(given["Default"]),
                secret=str(given.get("NoEcho", "")).lower() == "true",
            )
            for name, given in parameters.items()
        },
        resources={
            name: Resource(
                kind=str(given.get("Type", "")),
                kept=str(given.get("DeletionPolicy", "")).startswith("Retain"),
            )
            for name, given in resources.items()
        },
    )


def _section(content: Any, name: str) -> dict[str, Mapping[str, Any]]:
    section = content.get(name) if isinstance(content, Mapping) else None
    entries = section.items() if isinstance(section, Mapping) else ()
    return {str(key): value for key, value in entries if isinstance(value, Mapping)}

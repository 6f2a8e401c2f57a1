"""Reads the choices that a project's ``infrastructure.yml`` was written for, which it has in its ``Metadata``.

In comes the text of the file, out come plain values. Whether they are possible choices is not judged here.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import yaml

from kedro_batch.scaffold.choices import Choices

_CHOICES = tuple(one.name for one in fields(Choices))


def read_choices(text: str) -> Mapping[str, Any] | None:
    """Return the choices in a template, by the names of the fields of ``Choices``.

    Args:
        text: A CloudFormation template in YAML or JSON. What its functions, such as ``!Ref``, stand for is not read.

    Returns:
        Texts, and True or False; what the template does not say is left out. None if it has no such choices, or is no
        YAML: somebody else wrote it, or has changed it.
    """
    try:
        content = yaml.load(text, Loader=_TemplateLoader)  # noqa: S506  this loader makes plain values only
    except (yaml.YAMLError, ValueError, RecursionError):  # ValueError: a day such as 2026-02-30
        return None
    for key in ("Metadata", "KedroBatch"):
        content = content.get(key) if isinstance(content, Mapping) else None
    if not isinstance(content, Mapping):
        return None
    return {name: content[name] for name in _CHOICES if isinstance(content.get(name), str | bool)}


class _TemplateLoader(yaml.SafeLoader):
    """Reads YAML in which values may have tags of CloudFormation."""


def _nothing(_: yaml.SafeLoader, __: str, ___: yaml.Node) -> None:
    """Stand for what only CloudFormation can work out."""


_TemplateLoader.add_multi_constructor("!", _nothing)

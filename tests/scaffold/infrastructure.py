"""Renders ``infrastructure.yml`` for every combination of choices, and reads it as CloudFormation does."""

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import yaml

from kedro_batch.files.yaml_reader import PARSER
from kedro_batch.plan.settings import Platform
from kedro_batch.scaffold.choices import Choices, Forge
from kedro_batch.scaffold.templates import render_file

TEMPLATE = "init/infrastructure.yml.j2"
FORGES = (None, Forge.GITHUB, Forge.GITLAB)
FACTORS = (tuple(Platform), (False, True), (False, True), (False, True), FORGES)
ROWS = tuple(itertools.product(*FACTORS))
COVERING = (
    (Platform.FARGATE, False, False, False, None),
    (Platform.FARGATE, True, True, True, Forge.GITHUB),
    (Platform.EC2, False, False, True, Forge.GITLAB),
    (Platform.EC2, True, True, False, None),
    (Platform.FARGATE, False, True, False, Forge.GITLAB),
    (Platform.EC2, False, False, False, Forge.GITHUB),
    (Platform.FARGATE, True, False, False, Forge.GITLAB),
    (Platform.FARGATE, False, False, True, None),
)
"""Rows in which every two choices meet, for what takes long: cfn-lint needs half a second for each."""


def choices(row: tuple[Any, ...], **others: Any) -> Choices:
    """Make the choices of a row of ``ROWS``, for the project of Kedro's guide."""
    platform, spot, create_bucket, create_network, forge = row
    given: dict[str, Any] = {
        "project": "spaceflights",
        "bucket": "flights-data",
        "prefix": "kedro",
        "platform": platform,
        "spot": spot,
        "create_bucket": create_bucket,
        "create_network": create_network,
        "forge": forge,
        "repository": "space/flights" if forge else None,
    }
    return Choices(**{**given, **others})


def name(row: tuple[Any, ...]) -> str:
    """Name a row: the ids of parametrized tests."""
    platform, spot, create_bucket, create_network, forge = row
    words = (spot and "spot", create_bucket and "bucket", create_network and "network", forge)
    return "-".join([platform, *(word for word in words if word)])


FARGATE = choices((Platform.FARGATE, False, False, False, None))
EC2 = choices((Platform.EC2, False, False, False, None))
EC2_WITH_ALL = choices((Platform.EC2, True, True, True, Forge.GITHUB))
FARGATE_WITH_ALL = choices((Platform.FARGATE, True, True, True, Forge.GITLAB))


@cache
def text_of(some: Choices) -> str:
    return render_file(TEMPLATE, some)


@cache
def template_of(some: Choices) -> dict[str, Any]:
    """Read the template; ``!Ref X`` becomes ``{"Ref": "X"}``, and ``!Sub X`` ``{"Fn::Sub": "X"}``."""
    # This loader makes plain values only.
    content: dict[str, Any] = yaml.load(text_of(some), Loader=_Loader)  # noqa: S506
    return content


def resource(some: Choices, logical_id: str) -> Mapping[str, Any]:
    """Return the properties of a resource."""
    properties: Mapping[str, Any] = template_of(some)["Resources"][logical_id]["Properties"]
    return properties


def statements(some: Choices) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield every statement of a policy: its resource, the kind of the policy and the statement."""
    for logical_id, one in template_of(some)["Resources"].items():
        given = one.get("Properties", {})
        documents = {"trust": given.get("AssumeRolePolicyDocument"), "managed": given.get("PolicyDocument")}
        documents |= {inline["PolicyName"]: inline["PolicyDocument"] for inline in given.get("Policies", ())}
        for kind, document in documents.items():
            for statement in document["Statement"] if document else ():
                yield logical_id, kind, statement


def role_statements(some: Choices, logical_id: str) -> list[Mapping[str, Any]]:
    """Return what a role or a policy allows, resolved."""
    found = [one for at, kind, one in statements(some) if at == logical_id and kind != "trust"]
    return [resolved(one, some) for one in found]


def resolved(value: Any, some: Choices) -> Any:
    """Work out functions, for the account 123456789012 in us-east-1."""
    pseudo = {"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "123456789012"}
    arn = "arn:aws:{}:123456789012:{}"
    attributes = {
        "JobRole.Arn": f"arn:aws:iam::123456789012:role/{some.job_role}",
        "ExecutionRole.Arn": f"arn:aws:iam::123456789012:role/{some.execution_role}",
        "Repository.Arn": arn.format("ecr:us-east-1", f"repository/{some.image_repository}"),
        "LogGroup.Arn": arn.format("logs:us-east-1", f"log-group:{some.log_group}:*"),
    }
    match value:
        case {"Fn::Sub": text}:
            return re.sub(r"\$\{([^}]+)\}", lambda found: pseudo[found[1]], text)
        case {"Fn::GetAtt": attribute}:
            return attributes[attribute]
        case {"Ref": ref}:
            return pseudo[ref]
        case dict():
            return {key: resolved(one, some) for key, one in value.items()}
        case list():
            return [resolved(one, some) for one in value]
        case _:
            return value


def names_in(value: Any) -> set[str]:
    """Return the parameters, resources and conditions that functions name, anywhere in a value."""
    found = set(re.findall(r'"(?:Ref|Fn::GetAtt|Condition)": "([\w:]+)', json.dumps(value, default=str)))
    found |= set(re.findall(r"\$\{([\w:]+)", json.dumps(value, default=str)))
    found |= set(re.findall(r'"Fn::If": \["(\w+)"', json.dumps(value, default=str)))
    return found


class _Loader(PARSER):  # type: ignore[misc]  # mypy knows no class that is chosen at run time
    """Reads short forms of functions."""


def _function(loader: Any, suffix: str, node: yaml.Node) -> dict[str, Any]:
    match node:
        case yaml.ScalarNode():
            value = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case _:
            value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _function)

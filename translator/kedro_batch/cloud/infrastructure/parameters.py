"""The parameters of a deployment: what is given, what the stack has, and the default network of the account."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kedro_batch.cloud.aws_errors import parsing
from kedro_batch.cloud.clients import Clients
from kedro_batch.cloud.infrastructure.template import Template
from kedro_batch.errors import UsageError
from kedro_batch.text.wording import did_you_mean, listed

SUBNETS, SECURITY_GROUPS, IMAGE = "Subnets", "SecurityGroups", "Image"
_OF_NETWORK = (SUBNETS, SECURITY_GROUPS)
_EXAMPLES = {SUBNETS: "subnet-...,subnet-...", SECURITY_GROUPS: "sg-..."}
_EC2 = "Amazon EC2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The parameters of a deployment.

    Attributes:
        arguments: As CreateChangeSet takes them.
        from_network: Those that are taken of the network of the account, with their values.
        vpc: That network.
    """

    arguments: tuple[Mapping[str, Any], ...]
    from_network: Mapping[str, str] = field(default_factory=dict)
    vpc: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """What a stack was deployed with.

    Attributes:
        values: The values of its parameters; stars in place of secret ones.
        template: Its template; None if that cannot be read.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    template: Template | None = None

    def kept(self, template: Template) -> dict[str, str]:
        """Return the values that stay with another template.

        One that was the default is not kept where the new template has another default: that is how people who edit
        the file change it.
        """
        before = self.template.parameters if self.template else {}
        return {
            name: value
            for name, value in self.values.items()
            if name in template.parameters
            and not (
                name in before
                and value == before[name].default
                and template.parameters[name].default not in (value, None)
            )
        }


def choose_parameters(
    clients: Clients, template: Template, deployed: Deployed, given: Mapping[str, str], shown: str
) -> Chosen:
    """Choose a value for each parameter of a template.

    What is given counts first, then what the stack has already, then the template's default. Subnets and security
    groups come from the default network of the account where there is nothing else.

    Args:
        clients: The account.
        template: The template.
        deployed: What the stack has; nothing if there is none.
        given: The values of the command line.
        shown: The template's name in messages.

    Raises:
        UsageError: A given one is not in the template, or one that it needs has no value.
        ServiceError: The network cannot be looked up.
    """
    names = template.parameters
    for name in given:
        if name not in names:
            has = f"It has {listed(sorted(names), most=20)}" if names else "It has none"
            hint = did_you_mean(name, names) or f" {has}"
            raise UsageError(f"--parameter {name}: {shown} has no such parameter.{hint}")
    for name in _OF_NETWORK:
        if name in given and not all(one.strip() for one in given[name].split(",")):
            raise UsageError(f"--parameter {name}={given[name]}: name at least one, such as {name}={_EXAMPLES[name]}")
    before = deployed.kept(template)
    open_ones = [name for name in names if name not in given and name not in before]
    wanted = [name for name in open_ones if name in _OF_NETWORK and not names[name].default]
    missing = [name for name in open_ones if name not in wanted and names[name].default is None]
    if missing:
        raise UsageError(
            f"{shown} needs {'a value' if len(missing) == 1 else 'values'} for {listed(missing, most=20)}. "
            f"Add {' '.join(f'--parameter {name}=...' for name in missing)}"
        )
    vpc: str = ""
    network: dict[str, str] = {}
    if wanted:
        vpc, network = _find_network(clients, wanted, given.get(SUBNETS) or before.get(SUBNETS, ""))
    values = {**given, **network}
    arguments: list[Mapping[str, Any]] = [
        {"ParameterKey": name, "ParameterValue": values[name]}
        if name in values
        else {"ParameterKey": name, "UsePreviousValue": True}
        for name in names
        if name in values or name in before
    ]
    return Chosen(arguments=tuple(arguments), from_network=network, vpc=vpc)


def _find_network(clients: Clients, wanted: list[str], subnets: str) -> tuple[str, dict[str, str]]:
    """Return a network and what is wanted of it: that of the subnets if there are some, or the account's default."""
    if subnets:
        ids = [one.strip() for one in subnets.split(",")]
        reply = clients.call("ec2", "describe_subnets", SubnetIds=ids[:1])
        with parsing("DescribeSubnets", _EC2):
            vpc = reply["Subnets"][0]["VpcId"]
    else:
        reply = clients.call("ec2", "describe_vpcs", Filters=_filters(isDefault="true"))
        with parsing("DescribeVpcs", _EC2):
            vpc = next((one["VpcId"] for one in reply["Vpcs"]), "")
    found = {}
    if vpc and SUBNETS in wanted:
        reply = clients.call("ec2", "describe_subnets", Filters=_filters(vpc_id=vpc, default_for_az="true"))
        with parsing("DescribeSubnets", _EC2):
            found[SUBNETS] = ",".join(sorted(one["SubnetId"] for one in reply["Subnets"]))
    if vpc and SECURITY_GROUPS in wanted:
        reply = clients.call("ec2", "describe_security_groups", Filters=_filters(vpc_id=vpc, group_name="default"))
        with parsing("DescribeSecurityGroups", _EC2):
            found[SECURITY_GROUPS] = ",".join(one["GroupId"] for one in reply["SecurityGroups"])
    if lacking := [name for name in wanted if not found.get(name)]:
        options = " ".join(f"--parameter {name}={_EXAMPLES[name]}" for name in lacking)
        network = f"the network {vpc} has no default for them" if vpc else "it has no default network (VPC)"
        raise UsageError(
            f"{listed(lacking)} of this account in {clients.region} cannot be found: {network}. Name yours: "
            f"{options}; or let the template make a network of its own: kedro-batch init --create-network"
        )
    return vpc, found


def _filters(**given: str) -> list[dict[str, Any]]:
    return [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in given.items()]

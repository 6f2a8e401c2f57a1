"""The text of ``infrastructure.yml``: valid, readable, and only what is needed, for every combination of choices."""

import itertools
import json
import re

import pytest
import yaml
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from kedro_batch.files.yaml_reader import PARSER
from kedro_batch.plan.settings import Platform
from kedro_batch.scaffold.choices import Forge
from tests.e2e.documents import DOCS, codes, table
from tests.scaffold.infrastructure import (
    COVERING,
    EC2,
    EC2_WITH_ALL,
    FACTORS,
    FARGATE,
    FARGATE_WITH_ALL,
    ROWS,
    choices,
    name,
    names_in,
    resource,
    template_of,
    text_of,
)

LARGEST_TEMPLATE = 51_200
"""Bytes that CloudFormation takes in a request: its quotas. A larger one needs a bucket."""

every_row = pytest.mark.parametrize("row", ROWS, ids=name)


def findings(text: str) -> list[str]:
    # I4010 asks for descriptions in Metadata, for machines. What they would say stands in comments, for people.
    config = ManualArgs(include_checks=["I"], ignore_checks=["I4010"])
    return [f"{one.linenumber}: {one.rule.id} {one.message}" for one in lint(text, config=config)]


@pytest.mark.parametrize("row", COVERING, ids=name)
def test_cfn_lint_finds_nothing(row):
    assert findings(text_of(choices(row))) == []


@pytest.mark.long
@pytest.mark.parametrize("row", [row for row in ROWS if row not in COVERING], ids=name)
def test_cfn_lint_finds_nothing_in_any_other_combination(row):
    assert findings(text_of(choices(row))) == []


@pytest.mark.parametrize("project", ["größe", "_" + "x" * 130])
def test_cfn_lint_finds_nothing_in_the_names_of_odd_projects(project):
    assert findings(text_of(choices((Platform.FARGATE, False, False, True, Forge.GITHUB), project=project))) == []


def test_cfn_lint_finds_what_is_wrong():
    assert findings(text_of(FARGATE).replace("Priority: 1", "Priority: first"))
    assert findings(text_of(FARGATE).replace("  HasImage:", "  HasNoUse: !Equals [a, !Ref Image]\n  HasImage:"))


def test_every_two_choices_meet_in_a_row_that_is_linted():
    def pairs(row):
        return set(itertools.combinations(enumerate(row), 2))

    everything = set().union(*(pairs(row) for row in itertools.product(*FACTORS)))
    assert everything == set().union(*(pairs(row) for row in COVERING))


@every_row
def test_the_text_can_be_read_and_has_no_anchors(row):
    text = text_of(choices(row))
    assert not [one for one in yaml.parse(text, Loader=PARSER) if getattr(one, "anchor", None)]
    assert len(text.encode()) < LARGEST_TEMPLATE
    assert not [line for line in text.splitlines() if len(line) > 120 or line != line.rstrip()]
    assert not re.search(r"\n\n\n|\[\[|\[%", text)
    assert text.endswith("\n")


@every_row
def test_only_what_the_choices_need_is_in_the_text(row):
    some = choices(row)
    template = template_of(some)
    resources = template["Resources"].keys()
    for logical_id, wanted in {
        "Bucket": some.create_bucket,
        "Vpc": some.create_network,
        "SecurityGroup": some.create_network,
        "InstanceRole": some.platform is Platform.EC2,
        "SubmitterRole": some.forge is not None,
        "OidcProvider": some.forge is not None,
        "SubmitterPolicy": True,
    }.items():
        assert (logical_id in resources) == wanted, logical_id
    optional = {"Subnets", "SecurityGroups"} if not some.create_network else set()
    optional |= {"AssignPublicIp"} if not some.create_network and some.platform is Platform.FARGATE else set()
    optional |= {"OidcProviderArn"} if some.forge else set()
    assert template["Parameters"].keys() == {"MaxvCpus", "Image", "ServiceRole", *optional}
    unused = {*template["Parameters"], *template["Conditions"]} - names_in(template)
    assert not unused
    assert names_in(template["Resources"]) <= {*template["Parameters"], *template["Conditions"], *resources} | {
        "AWS::AccountId",
        "AWS::NoValue",
        "AWS::Partition",
        "AWS::Region",
        "AWS::URLSuffix",
    }


def test_a_forge_without_a_repository_makes_no_role():
    template = template_of(choices((Platform.FARGATE, False, False, False, Forge.GITHUB), repository=None))
    assert "SubmitterRole" not in template["Resources"]


def test_every_resource_is_documented_with_its_name_and_what_happens_to_it_on_deletion():
    documented: dict[str, tuple[str, str]] = {}
    for ids, on_aws, _, deletion in table(
        DOCS["infrastructure"], "resource", "name on AWS", "what it is", "when the stack is deleted"
    ):
        documented |= dict.fromkeys(codes(ids), (on_aws, deletion))
    made = {**template_of(FARGATE_WITH_ALL)["Resources"], **template_of(EC2_WITH_ALL)["Resources"]}
    assert documented.keys() == made.keys()
    for logical_id, (on_aws, deletion) in documented.items():
        one = made[logical_id]
        policies = (one.get("DeletionPolicy"), one.get("UpdateReplacePolicy"))
        assert policies == (("RetainExceptOnCreate", "Retain") if deletion == "kept" else (None, None)), logical_id
        kind = one["Type"].rpartition("::")[2]
        names = [value for key, value in one.get("Properties", {}).items() if key == f"{kind}Name"]
        assert codes(on_aws) == (names if logical_id != "Bucket" else []), logical_id


@pytest.mark.parametrize(
    ("logical_id", "key", "value"),
    [
        ("Repository", "RepositoryName", "spaceflights"),
        ("LogGroup", "LogGroupName", "/aws/batch/spaceflights"),
        ("Bucket", "BucketName", "flights-data"),
    ],
)
def test_what_is_kept_can_be_taken_over_by_the_next_stack(logical_id, key, value):
    # CloudFormation imports what exists only if its name is a text, and DeletionPolicy keeps it: "Import AWS resources
    # into a CloudFormation stack automatically" in its user guide.
    assert resource(EC2_WITH_ALL, logical_id)[key] == value


def test_every_parameter_is_documented_with_its_default():
    documented = {
        one: default
        for names, default, _ in table(DOCS["infrastructure"], "parameter", "default", "meaning")
        for one in codes(names)
    }
    made = {**template_of(FARGATE)["Parameters"], **template_of(EC2_WITH_ALL)["Parameters"]}
    assert documented.keys() == made.keys()
    for parameter, default in documented.items():
        word = {"empty": "", "none": None}.get(default, default.strip("`"))
        given = made[parameter].get("Default")
        assert word == (None if given is None else str(given)), parameter


# What stands in the resources


@pytest.mark.parametrize(
    ("some", "compute_type"),
    [(FARGATE, "FARGATE"), (FARGATE_WITH_ALL, "FARGATE_SPOT"), (EC2, "EC2"), (EC2_WITH_ALL, "SPOT")],
)
def test_the_compute_environment_is_managed_and_costs_nothing_without_jobs(some, compute_type):
    compute = resource(some, "ComputeEnvironment")
    resources = compute["ComputeResources"]
    assert (compute["Type"], compute["State"], resources["Type"]) == ("MANAGED", "ENABLED", compute_type)
    assert resources["MaxvCpus"] == {"Ref": "MaxvCpus"}
    assert "DesiredvCpus" not in resources
    assert resources.get("MinvCpus") == (0 if some.platform is Platform.EC2 else None)


@pytest.mark.parametrize("some", [EC2, EC2_WITH_ALL])
def test_machines_are_changed_in_place_and_let_running_jobs_end(some):
    # With BEST_FIT or a replacement, CloudFormation would refuse: the environment keeps its name.
    compute = resource(some, "ComputeEnvironment")
    assert compute["ReplaceComputeEnvironment"] is False
    assert compute["UpdatePolicy"] == {"TerminateJobsOnUpdate": False, "JobExecutionTimeoutMinutes": 360}
    strategy = "SPOT_PRICE_CAPACITY_OPTIMIZED" if some.spot else "BEST_FIT_PROGRESSIVE"
    assert compute["ComputeResources"]["AllocationStrategy"] == strategy


@pytest.mark.parametrize("some", [FARGATE, FARGATE_WITH_ALL])
def test_fargate_gets_only_what_can_be_updated(some):
    # UpdateComputeEnvironment refuses everything else for Fargate, also where it does not change: aws/aws-cdk#27054.
    compute = resource(some, "ComputeEnvironment")
    assert not {"ReplaceComputeEnvironment", "UpdatePolicy", "Tags"} & compute.keys()
    assert compute["ComputeResources"].keys() == {"Type", "MaxvCpus", "Subnets", "SecurityGroupIds"}


def test_aws_batch_uses_its_service_linked_role_unless_another_is_given():
    template = template_of(FARGATE)
    assert template["Parameters"]["ServiceRole"]["Default"] == ""
    assert resource(FARGATE, "ComputeEnvironment")["ServiceRole"] == {
        "Fn::If": ["HasServiceRole", {"Ref": "ServiceRole"}, {"Ref": "AWS::NoValue"}]
    }


def test_the_queue_cancels_what_can_never_start_and_nothing_that_waits_for_capacity():
    queue = resource(FARGATE, "JobQueue")
    assert queue["ComputeEnvironmentOrder"] == [{"Order": 1, "ComputeEnvironment": {"Ref": "ComputeEnvironment"}}]
    # The reasons that every region knows: "Automatic remediation" in the user guide of AWS Batch.
    assert [one["Reason"] for one in queue["JobStateTimeLimitActions"]] == [
        "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
        "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE",
    ]
    for one in queue["JobStateTimeLimitActions"]:
        assert (one["State"], one["Action"]) == ("RUNNABLE", "CANCEL")
        assert 600 <= one["MaxTimeSeconds"] <= 86_400


def test_the_definition_keeps_its_revisions_has_an_end_and_writes_the_project_s_log():
    definition = resource(FARGATE, "JobDefinition")
    assert definition["ResourceRetentionPolicy"] == {"SkipDeregisterOnUpdate": True}
    assert (definition["Type"], definition["PlatformCapabilities"]) == ("container", ["FARGATE"])
    assert definition["Timeout"] == {"AttemptDurationSeconds": 86_400}
    assert definition["RetryStrategy"] == {"Attempts": 1}
    container = definition["ContainerProperties"]
    assert container["LogConfiguration"]["Options"]["awslogs-group"] == {"Ref": "LogGroup"}
    assert container["JobRoleArn"] == {"Fn::GetAtt": "JobRole.Arn"}
    assert container["ExecutionRoleArn"] == {"Fn::GetAtt": "ExecutionRole.Arn"}
    assert container["RuntimePlatform"] == {"OperatingSystemFamily": "LINUX", "CpuArchitecture": "X86_64"}
    assert container["NetworkConfiguration"] == {"AssignPublicIp": {"Ref": "AssignPublicIp"}}


def test_the_definition_fits_the_machines():
    with_all = resource(FARGATE_WITH_ALL, "JobDefinition")["ContainerProperties"]
    assert with_all["NetworkConfiguration"] == {"AssignPublicIp": "ENABLED"}
    ec2 = resource(EC2, "JobDefinition")
    assert ec2["PlatformCapabilities"] == ["EC2"]
    assert not {"NetworkConfiguration", "RuntimePlatform"} & ec2["ContainerProperties"].keys()


def test_only_untagged_images_expire_and_no_tag_is_moved():
    repository = resource(FARGATE, "Repository")
    assert repository["ImageTagMutability"] == "IMMUTABLE"
    assert repository["ImageScanningConfiguration"] == {"ScanOnPush": True}
    (rule,) = json.loads(repository["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    assert rule["selection"]["tagStatus"] == "untagged"


def test_the_bucket_is_private_and_encrypted():
    bucket = resource(EC2_WITH_ALL, "Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    (encrypted,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encrypted == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert "VersioningConfiguration" not in bucket


def test_the_network_has_a_way_out_and_none_in():
    group = resource(EC2_WITH_ALL, "SecurityGroup")
    assert "SecurityGroupIngress" not in group
    assert group["SecurityGroupEgress"] == [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]
    assert all(resource(EC2_WITH_ALL, one)["MapPublicIpOnLaunch"] for one in ("SubnetA", "SubnetB"))
    # The environment goes before the way out: a network with addresses in use cannot be taken apart.
    compute = template_of(EC2_WITH_ALL)["Resources"]["ComputeEnvironment"]
    assert compute["DependsOn"] == ["DefaultRoute", "SubnetARouteTable", "SubnetBRouteTable"]
    assert template_of(EC2_WITH_ALL)["Resources"]["DefaultRoute"]["DependsOn"] == "InternetGatewayAttachment"

"""Templates are read as far as a deployment has to know them, in all the spellings that CloudFormation takes."""

import json

import pytest

from kedro_batch.cloud.infrastructure.template import Parameter, Resource, parse_deployed, parse_template
from kedro_batch.errors import ConfigError

YAML = """
Parameters:
  Size: {Type: Number, Default: 0}
  Secret: {Type: String, NoEcho: true}
Resources:
  A:
    Type: AWS::S3::Bucket
    DeletionPolicy: RetainExceptOnCreate
    Properties: {BucketName: !Sub "${AWS::StackName}-a", X: !Join ["", [!Ref Size, !GetAtt A.Arn]], Y: !If {a: b}}
  B: {Type: AWS::IAM::Role, DeletionPolicy: Delete}
"""
PARAMETERS = {"Size": Parameter(default="0"), "Secret": Parameter(secret=True)}
RESOURCES = {"A": Resource(kind="AWS::S3::Bucket", kept=True), "B": Resource(kind="AWS::IAM::Role")}


def test_functions_in_their_short_form_are_read_over():
    template = parse_template(YAML, "x.yml")
    assert (template.body, template.parameters, template.resources) == (YAML, PARAMETERS, RESOURCES)


def test_json_is_read_from_a_file_and_from_a_reply():
    content = {
        "Parameters": {"Size": {"Type": "Number", "Default": 0}, "Secret": {"NoEcho": "true"}},
        "Resources": {"A": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"}, "B": {"Type": "AWS::IAM::Role"}},
    }
    for template in (parse_template(json.dumps(content), "x.json"), parse_deployed(content, "x.json")):
        assert (template.parameters, template.resources) == (PARAMETERS, RESOURCES)


@pytest.mark.parametrize(
    "text", ["", "a", "- a", "Resources: [a]", "Resources: {A: b}", "a: [", "[" * 5000, "? [a]\n: b\n", "a: &b [*b]"]
)
def test_what_is_no_template_is_refused_with_its_name(text):
    with pytest.raises(ConfigError, match=r"^x\.yml is "):
        parse_template(text, "x.yml")

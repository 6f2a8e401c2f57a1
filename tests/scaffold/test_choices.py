"""The names on AWS that follow from the choices of ``init``."""

import re

import pytest

from kedro_batch.scaffold.choices import Choices, stack_name

# Source: repositoryName of CreateRepository in the API reference of Amazon ECR.
REPOSITORY = r"(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*"


@pytest.mark.parametrize(
    ("project", "repository"),
    [
        ("spaceflights", "spaceflights"),
        ("Flight_Sales", "flight_sales"),
        ("_my__project_", "my_project"),
        ("größe", "gr_e"),
        ("_a", "kedro_a"),
        ("été", "kedro_t"),
        ("日本", "kedro"),
    ],
)
def test_amazon_ecr_takes_the_name_of_the_repository(project, repository):
    assert Choices(project=project, bucket="b", prefix="").image_repository == repository
    assert re.fullmatch(REPOSITORY, repository)


@pytest.mark.parametrize("project", ["spaceflights", "größe", "_a", "日本", "x" * 130])
def test_names_have_letters_that_aws_takes_and_are_not_too_long(project):
    some = Choices(project=project, bucket="b", prefix="")
    # The API references of AWS Batch, AWS IAM, Amazon CloudWatch Logs and AWS CloudFormation.
    assert re.fullmatch(r"[A-Za-z0-9][\w-]{0,127}", some.compute_environment, re.ASCII)
    assert re.fullmatch(r"[A-Za-z0-9][\w-]{0,127}", some.job_queue, re.ASCII)
    assert re.fullmatch(r"[\w+=,.@-]{1,64}", some.submitter, re.ASCII)
    assert re.fullmatch(r"[.\w/#-]{1,512}", some.log_group, re.ASCII)
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,127}", stack_name(project, "aws_batch"))

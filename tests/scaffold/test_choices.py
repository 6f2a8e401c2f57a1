"""The names on AWS that follow from the choices of ``init``."""

import re

import pytest

from kedro_batch.scaffold.choices import Choices

# Source: repositoryName of CreateRepository in the API reference of Amazon ECR.
REPOSITORY = r"(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*"


@pytest.mark.parametrize(
    ("project", "repository"),
    [("spaceflights", "spaceflights"), ("Flight_Sales", "flight_sales"), ("_my__project_", "my_project")],
)
def test_amazon_ecr_takes_the_name_of_the_repository(project, repository):
    assert Choices(project=project, bucket="b", prefix="").image_repository == repository
    assert re.fullmatch(REPOSITORY, repository)

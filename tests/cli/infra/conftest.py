"""A project as ``init`` leaves it, and ``kedro-batch infra`` in it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.cloudformation import CloudFormation
from tests.support.command_line import Ended
from tests.support.forked import kedro_batch
from tests.support.infrastructure import TEMPLATE, prepared_project

Infra = Callable[..., Ended]


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    return prepared_project(tmp_path)


@pytest.fixture
def of_the_default_network(prepared: Path) -> None:
    """The template says nothing of the network."""
    (prepared / "infrastructure.yml").write_text(TEMPLATE)


@pytest.fixture
def infra(prepared: Path) -> Infra:
    """Runs ``kedro-batch infra WORDS`` against a service."""

    def run(service: CloudFormation | Any, *words: str | Path, cwd: Path = prepared, **variables: str) -> Ended:
        return kedro_batch("infra", *words, cwd=cwd, env={**service.environment, **variables})

    return run

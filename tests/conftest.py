"""What tests of several folders share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.projects import write_project
from tests.support.services import Moto, moto


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A Kedro project of four nodes in a diamond, with queue and definition."""
    return write_project(tmp_path / "project")


@pytest.fixture(scope="session")
def moto_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    with moto(tmp_path_factory.mktemp("moto")) as server:
        yield server

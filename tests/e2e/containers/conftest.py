"""What the tests with real containers share: one engine, one account, one project on its road to AWS Batch."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.containers.account import ContainerAccount
from tests.e2e.containers.walk import Walk, write_starter
from tests.support.account import Account
from tests.support.base_image import OFFICIAL_NAME, write_base_image
from tests.support.docker_engine import docker_engine, why_unavailable
from tests.support.image_registry import image_registry, loopback_address
from tests.support.services import moto
from tests.support.serving import serving
from tests.support.wheels import download_wheels, serving_wheels

_REQUIREMENTS = ("kedro", "kedro-datasets[pandas-csvdataset]", "scikit-learn", "s3fs")


@pytest.fixture(scope="package")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContainerAccount]:
    """An account whose jobs run in containers, and a base image from which they reach it."""
    if reason := why_unavailable():
        pytest.skip(reason)
    folder, address = tmp_path_factory.mktemp("containers"), loopback_address()
    (folder / "root").mkdir()
    with ThreadPoolExecutor() as pool:
        wheels = pool.submit(download_wheels, folder / "wheels", *_REQUIREMENTS)
        write_base_image(folder / "base.tar", folder / "root")
        wheels.result()
    with (
        serving_wheels(folder / "wheels") as packages,
        image_registry(folder / "registry", address) as registry,
        docker_engine(folder / "engine", address) as engine,
        # The containers are on the machine's network, and moto gives no job the address of anything.
        moto(folder, {**engine.environment, "MOTO_DOCKER_NETWORK_MODE": "host"}) as server,
    ):
        variables = {
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            # The build gets its packages from this machine, as from an index.
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": packages,
            # moto gives a job no credentials of its role, and no way to the services.
            **server.environment,
        }
        changes = [f"--change=ENV {name}={value}" for name, value in variables.items()]
        engine.docker("import", *changes, folder / "base.tar", OFFICIAL_NAME)
        services = Account(server)
        with serving(services.server):
            yield ContainerAccount(services=services, engine=engine, registry=registry)


@pytest.fixture(scope="package")
def walk(account: ContainerAccount, tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """The demo, as somebody has it who has never heard of AWS."""
    folder: Path = tmp_path_factory.mktemp("walk")
    write_starter(folder / "starter")
    return Walk(folder / "starter", account)

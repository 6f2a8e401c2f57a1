"""What the tests with real containers share: one engine, one account, one project on its road to AWS Batch."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.containers.account import BUCKET, ContainerAccount
from tests.e2e.containers.walk import Walk, write_starter
from tests.support.account import Account
from tests.support.base_image import OFFICIAL_NAME, write_base_image
from tests.support.docker_engine import docker_engine, why_unavailable
from tests.support.image_registry import image_registry, loopback_address
from tests.support.services import moto
from tests.support.serving import serving
from tests.support.wheels import download_wheels, serving_wheels

_REQUIREMENTS = ("kedro", "kedro-datasets[pandas-csvdataset]", "scikit-learn", "s3fs")
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"

GROUPINGS: dict[str, dict[str, Any]] = {
    "aws_batch": {},
    "by_namespace": {"group_by": "namespace"},
    "in_memory": {"group_by": "memory"},
}
"""The settings of a grouping, by the configuration environment that has it, which is also where its data are on S3."""


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
        moto(folder, {**engine.environment, "MOTO_DOCKER_NETWORK_MODE": "host"}) as server,
    ):
        # The build gets its packages from this machine, as from an index. AWS gives a job the credentials of its role,
        # and its SDK knows where the services are; moto gives a job neither.
        variables = {"PATH": _SYSTEM_PATH, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": packages, **server.environment}
        changes = [f"--change=ENV {name}={value}" for name, value in variables.items()]
        engine.docker("import", *changes, folder / "base.tar", OFFICIAL_NAME)
        services = Account(server)
        services.load_cloudformation()
        with serving(services.server):
            (wheel,) = (folder / "wheels").glob("kedro_batch-*.whl")
            yield ContainerAccount(services=services, engine=engine, registry=registry, wheel=wheel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """A project whose image is pushed.

    Attributes:
        walk: The project, and the command line in it.
        image: The image by its digest.
        expected: What a plain ``kedro run`` reads and writes, by path.
    """

    walk: Walk
    image: str
    expected: dict[str, bytes]


@pytest.fixture(scope="package")
def road(account: ContainerAccount, tmp_path_factory: pytest.TempPathFactory) -> Road:
    """The demo, led by the command line from never having heard of AWS to a pushed image."""
    folder = tmp_path_factory.mktemp("walk")
    write_starter(folder / "starter")
    walk = Walk(folder / "starter", account)
    expected = walk.data_of_plain_run(folder)
    walk.types("init", "--bucket", f"s3://{BUCKET}/aws_batch", "--create-bucket")
    walk.edits("pyproject.toml", '"scikit-learn"', '"scikit-learn", "s3fs"')
    # moto makes no compute environment without a service role; AWS has one of its own.
    role = account.client("iam").create_role(RoleName="batch-service", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    walk.types("infra", "deploy", "--yes", "--parameter", f"ServiceRole={role}")
    # Here two tables never leave the memory of their job.
    walk.adds("conf/in_memory/catalog.yml", "train_table: {type: MemoryDataset}\n\ntest_table: {type: MemoryDataset}\n")
    for env, settings in GROUPINGS.items():
        if settings:
            walk.adds_environment(env, **settings)
        walk.types("compile", "--env", env, "--write-catalog", f"s3://{BUCKET}/{env}", "--upload")
    image = walk.pushes_image("Start")
    assert walk.settings("aws_batch")["job_definition"]["image"] == image
    return Road(walk=walk, image=image, expected=expected)

"""The road of README.md, from a project to a finished run: against moto, with the image entered by PutImage."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from kedro_batch.scaffold.demo_project import DemoView, write_demo_project
from tests.e2e.documents import README, commands, section
from tests.support.account import Account
from tests.support.command_line import Ended
from tests.support.ecr import index, push
from tests.support.forked import kedro_batch
from tests.support.projects import KEDRO_VERSION

STEPS = commands(section(README, "Your project on AWS in four steps"))
INIT, DEPLOY, _, _, COMPILE, DOCTOR, APPLY = STEPS
SERVICE_ROLE = "batch-service"
REPOSITORY = "123456789012.dkr.ecr.us-east-1.amazonaws.com/spaceflights_demo"

pytestmark = pytest.mark.xdist_group("aws")


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    """A project that has never heard of AWS: the demo, without its settings and with its data on the disk."""
    project = tmp_path / "starter"
    write_demo_project(project, DemoView(kedro_version=KEDRO_VERSION))
    (project / "conf" / "base" / "aws_batch.yml").unlink()
    return project


@pytest.fixture
def typed(starter: Path, aws_account: Account) -> Callable[..., Ended]:
    """Run a command of README in the project, perhaps with more words."""

    def run_it(command: str, *more: str) -> Ended:
        program, *words = shlex.split(command)
        assert program == "kedro-batch"
        return kedro_batch(*words, *more, cwd=starter, env=aws_account.environment)

    return run_it


def settings(project: Path) -> dict[str, object]:
    content: dict[str, object] = yaml.safe_load((project / "conf" / "aws_batch" / "aws_batch.yml").read_text())
    return content


def files(project: Path) -> dict[str, bytes]:
    """Return the content of all files but those that running Python and kedro-batch leaves."""
    found = {file.relative_to(project): file.read_bytes() for file in project.rglob("*") if file.is_file()}
    left = {"__pycache__", ".kedro-batch"}
    return {str(file): content for file, content in found.items() if not left & {*file.parts}}


def test_a_project_gets_to_a_finished_run_by_the_commands_of_the_readme(typed, starter, aws_account):
    before = files(starter)
    begun = typed(INIT)
    assert begun.code == 0, begun.err
    assert settings(starter)["job_definition"] == "kedro_run"
    # Plain `kedro run` is left alone: what the project had is as it was.
    assert files(starter).items() >= before.items()
    steps = [line.strip() for line in begun.err.partition("\nNext:\n")[2].splitlines()]
    assert steps.pop(0) == "Add s3fs to `dependencies` in pyproject.toml: without it, no job can open s3://"
    assert steps == [step.replace("/spaceflights ", "/spaceflights_demo ") for step in STEPS[1:] if step != DOCTOR]
    listed = starter / "pyproject.toml"
    listed.write_text(listed.read_text().replace('"scikit-learn"', '"scikit-learn", "s3fs"'))

    # moto makes no compute environment without a service role; AWS has one of its own.
    role = aws_account.client("iam").create_role(RoleName=SERVICE_ROLE, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    aws_account.load_cloudformation()
    deployed = typed(DEPLOY, "--yes", "--parameter", f"ServiceRole={role}")
    assert deployed.code == 0, deployed.err
    written = settings(starter)
    assert written["job_queue"] == "spaceflights_demo_queue"
    assert written["image_repository"] == REPOSITORY
    assert (written["account"], written["region"]) == ("123456789012", "us-east-1")

    # There is no engine that could push to moto: what `image --push` leaves is entered by hand.
    digest = push(aws_account.client("ecr"), "spaceflights_demo", "a-commit", index("linux/amd64"))
    uploaded = typed(steps[2])
    assert uploaded.code == 0, uploaded.err
    assert "catalog_kedro_batch.yml is up to date" in uploaded.err
    stored = aws_account.client("s3").list_objects_v2(Bucket="my-own-bucket")["Contents"]
    assert sorted(one["Key"] for one in stored) == [
        "spaceflights_demo/data/01_raw/companies.csv",
        "spaceflights_demo/data/01_raw/shuttles.csv",
    ]
    compiled = typed(COMPILE, "--strict", "--image", f"{REPOSITORY}@{digest}")
    assert compiled.code == 0, compiled.err
    assert compiled.err.splitlines()[0] == "wrote plan.yaml: 6 jobs on 5 levels, queue spaceflights_demo_queue"
    plan = yaml.safe_load((starter / "plan.yaml").read_text())
    assert plan["job_definitions"]["kedro_run"]["image"] == f"{REPOSITORY}@{digest}"

    checked = typed(DOCTOR, "--json")
    found = json.loads(checked.text)["findings"]
    assert [one for one in found if one["status"] == "failure"] == []
    assert checked.code == 0

    applied = typed(APPLY)
    assert applied.code == 0, applied.err
    assert ": 6 jobs, 6 succeeded" in applied.text
    registered = aws_account.client("batch").describe_job_definitions(jobDefinitionName="kedro_run")["jobDefinitions"]
    images = {one["revision"]: one["containerProperties"]["image"] for one in registered}
    assert images[max(images)] == f"{REPOSITORY}@{digest}"

    now = files(starter)
    again = typed(INIT)
    assert again.code == 0, again.err
    assert files(starter) == now

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
from tests.support.command_line import Ended, kedro_batch, run
from tests.support.ecr import index, push
from tests.support.projects import KEDRO_VERSION

STEPS = commands(section(README, "Your project on AWS in four steps"))
INIT, DEPLOY, IMAGE, UPLOAD, COMPILE, DOCTOR, APPLY = STEPS
SERVICE_ROLE = "batch-service"
REPOSITORY = "123456789012.dkr.ecr.us-east-1.amazonaws.com/spaceflights_demo"

pytestmark = pytest.mark.xdist_group("aws")


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    """A project that has never heard of AWS: the demo, without its settings and with its data on the disk."""
    project = tmp_path / "starter"
    write_demo_project(project, DemoView(kedro_version=KEDRO_VERSION))
    (project / "conf" / "base" / "aws_batch.yml").unlink()
    with (project / "pyproject.toml").open("a") as file:
        file.write("")
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


def test_a_project_gets_to_a_finished_run_by_the_commands_of_the_readme(typed, starter, aws_account):
    begun = typed(INIT)
    assert begun.code == 0, begun.err
    assert settings(starter)["job_definition"] == "kedro_run"

    # moto makes no compute environment without a service role; AWS has one of its own.
    role = aws_account.client("iam").create_role(RoleName=SERVICE_ROLE, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    deployed = typed(DEPLOY, "--yes", "--parameter", f"ServiceRole={role}")
    assert deployed.code == 0, deployed.err
    written = settings(starter)
    assert written["job_queue"] == "spaceflights_demo_queue"
    assert written["image_repository"] == REPOSITORY
    assert (written["account"], written["region"]) == ("123456789012", "us-east-1")

    # There is no engine that could push to moto: what `image --push` leaves is entered by hand.
    digest = push(aws_account.client("ecr"), "spaceflights_demo", "a-commit", index("linux/amd64"))
    uploaded = typed(UPLOAD)
    assert uploaded.code == 0, uploaded.err
    stored = aws_account.client("s3").list_objects_v2(Bucket="my-own-bucket")["Contents"]
    assert sorted(one["Key"] for one in stored) == [
        "spaceflights/data/01_raw/companies.csv",
        "spaceflights/data/01_raw/shuttles.csv",
    ]
    compiled = typed(COMPILE, "--strict", "--image", f"{REPOSITORY}@{digest}")
    assert compiled.code == 0, compiled.err
    assert f"image: {REPOSITORY}@{digest}" in (starter / "plan.yaml").read_text()

    checked = typed(DOCTOR, "--json")
    found = json.loads(checked.text)["findings"]
    assert [one for one in found if one["status"] == "failure"] == []
    assert checked.code == 0

    applied = typed(APPLY)
    assert applied.code == 0, applied.err
    assert ": 6 jobs, 6 succeeded" in applied.text
    (registered,) = aws_account.client("batch").describe_job_definitions(jobDefinitionName="kedro_run", maxResults=1)[
        "jobDefinitions"
    ]
    assert registered["containerProperties"]["image"] == f"{REPOSITORY}@{digest}"


def test_the_files_of_init_are_the_same_on_every_rerun(typed, starter):
    typed(INIT)
    before = {file: file.read_bytes() for file in starter.rglob("*") if file.is_file()}
    again = typed(INIT)
    assert again.code == 0, again.err
    after = {file: file.read_bytes() for file in starter.rglob("*") if file.is_file()}
    assert {file for file in after if after[file] != before.get(file)} <= {
        file for file in after if ".kedro-batch" in file.parts or "__pycache__" in file.parts
    }


def test_plain_kedro_still_runs_the_project_on_this_machine(typed, starter):
    typed(INIT)
    ended = run(["kedro", "run"], cwd=starter)
    assert ended.code == 0, ended.err
    assert (starter / "data" / "08_reporting" / "score.json").is_file()

"""Which packages a command loads: each that it does not need costs time at every start."""

import re
import sys
from pathlib import Path

from tests.support.command_line import PROGRAM, kedro_batch, run


def imported_by(words: list[str], cwd: Path) -> set[str]:
    """Name the packages that a command imports, as ``python -X importtime`` reports them."""
    command = [sys.executable, "-X", "importtime", *PROGRAM[1:], *words]
    ended = run(command, cwd=cwd)
    assert ended.code == 0, ended.err
    lines = [line for line in ended.err.splitlines() if line.startswith("import time:")]
    assert len(lines) > 50
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


def test_compile_loads_kedro_and_not_boto3(project):
    packages = imported_by(["compile"], project)
    assert "kedro" in packages
    assert not packages & {"boto3", "botocore"}
    words = ["compile", "--env=aws_batch", "--write-catalog=s3://flights-data"]
    assert not imported_by(words, project) & {"boto3", "botocore"}


def test_apply_report_and_validate_do_not_load_kedro(project):
    (project / "plan.yaml").write_bytes(kedro_batch("compile", cwd=project).out)
    assert "kedro" not in imported_by(["apply", "plan.yaml", "--dry-run"], project)
    (project / "hand.yaml").write_text(
        "schema: kedro-batch/plan/v1\njobs: [{name: a, command: ['true'], job_queue: q, job_definition: d}]\n"
    )
    assert not imported_by(["apply", "hand.yaml", "--local"], project) & {"kedro", "boto3", "botocore"}
    assert not imported_by(["report"], project) & {"kedro", "boto3", "botocore"}
    assert not imported_by(["validate", "plan.yaml"], project) & {"kedro", "boto3", "botocore"}
    plan = (project / "hand.yaml").read_text()
    (project / "hand.yaml").write_text(plan.replace("job_queue: q", "submit: {propagateTags: true}, job_queue: q"))
    checked = imported_by(["validate", "hand.yaml"], project)
    assert "botocore" in checked
    assert not checked & {"kedro", "boto3"}


def test_a_real_run_on_aws_loads_boto3_and_not_kedro(project, moto_server):
    plan = kedro_batch("compile", cwd=project).text
    (project / "plan.yaml").write_text(plan.replace("a_definition:2", "a_definition"))  # moto does not know revisions
    moto_server.prepare("a_queue", "a_definition")
    command = [sys.executable, "-X", "importtime", *PROGRAM[1:], "apply", "plan.yaml"]
    ended = run(command, cwd=project, env=moto_server.environment)
    assert ended.code == 0
    assert re.search(r"^import time: .*\| +boto3$", ended.err, re.MULTILINE)
    assert not re.search(r"^import time: .*\| +kedro$", ended.err, re.MULTILINE)


def test_cancel_loads_kedro_only_if_versioned_outputs_may_be_torn(project, moto_server):
    plan = kedro_batch("compile", cwd=project).text
    (project / "plan.yaml").write_text(plan.replace("a_definition:2", "a_definition"))
    moto_server.prepare("a_queue", "a_definition")
    assert (
        kedro_batch("apply", "plan.yaml", "--no-reconcile", "--run-id=r", cwd=project, env=moto_server.environment).code
        == 0
    )
    command = [sys.executable, "-X", "importtime", *PROGRAM[1:], "cancel", "r"]
    ended = run(command, cwd=project, env=moto_server.environment)
    assert ended.code == 0
    assert re.search(r"^import time: .*\| +boto3$", ended.err, re.MULTILINE)
    assert not re.search(r"^import time: .*\| +kedro$", ended.err, re.MULTILINE)

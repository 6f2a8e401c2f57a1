"""Promises about the house itself: imports, schemas, the wheel, the README."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from kedro_batch import diagnostics, errors
from kedro_batch.cli import base
from kedro_batch.files import read_budget, resources
from kedro_batch.plan import submit_job
from kedro_batch.plan.checks import batch_limits
from kedro_batch.plan.model import Platform, RetryReason
from tests.support.command_line import PROGRAM, environment, kedro_batch, run

ROOT = Path(__file__).parent.parent
SCHEMAS = sorted((ROOT / "schemas").glob("*.schema.json"))


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


def test_apply_and_validate_do_not_load_kedro(project):
    (project / "plan.yaml").write_bytes(kedro_batch("compile", cwd=project).out)
    assert "kedro" not in imported_by(["apply", "plan.yaml", "--dry-run"], project)
    (project / "hand.yaml").write_text(
        "schema: kedro-batch/plan/v1\njobs: [{name: a, command: ['true'], job_queue: q, job_definition: d}]\n"
    )
    assert not imported_by(["apply", "hand.yaml", "--local"], project) & {"kedro", "boto3", "botocore"}
    assert not imported_by(["validate", "plan.yaml"], project) & {"kedro", "boto3", "botocore"}
    plan = (project / "hand.yaml").read_text()
    (project / "hand.yaml").write_text(plan.replace("job_queue: q", "submit: {propagateTags: true}, job_queue: q"))
    checked = imported_by(["validate", "hand.yaml"], project)
    assert "botocore" in checked
    assert not checked & {"kedro", "boto3"}


def test_a_real_run_on_aws_loads_boto3_and_not_kedro(project, moto_server):
    (project / "plan.yaml").write_bytes(kedro_batch("compile", cwd=project).out)
    moto_server.prepare("a_queue", "a_definition")
    command = [sys.executable, "-X", "importtime", *PROGRAM[1:], "apply", "plan.yaml"]
    ended = run(command, cwd=project, env=moto_server.environment)
    assert ended.code == 0
    assert re.search(r"^import time: .*\| +boto3$", ended.err, re.MULTILINE)
    assert not re.search(r"^import time: .*\| +kedro$", ended.err, re.MULTILINE)


@pytest.mark.parametrize("file", SCHEMAS, ids=lambda file: file.stem)
def test_every_schema_is_valid_and_describes_every_field(file):
    schema = json.loads(file.read_text())
    Draft202012Validator.check_schema(schema)
    undescribed = []

    def look(part, where):
        if isinstance(part, dict):
            for name, given in part.get("properties", {}).items():
                field = given
                while isinstance(field, dict) and "description" not in field and "$ref" in field:
                    field = schema["$defs"][field["$ref"].rpartition("/")[2]]
                if field is not True and "const" not in field and "description" not in field:
                    undescribed.append(f"{where}.{name}")
            for name, inner in part.items():
                look(inner, f"{where}.{name}")

    look(schema, file.stem)
    assert not undescribed


def test_what_plan_and_configuration_share_is_described_alike():
    plan, config = (json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text()) for name in ("plan", "config"))
    shared = plan["$defs"].keys() & config["$defs"].keys()
    assert set(plan["properties"]["defaults"]["properties"]) <= shared
    for name in shared:
        assert plan["$defs"][name] == config["$defs"][name]


def test_the_schemas_state_the_limits_that_are_checked():
    plan = json.loads((ROOT / "schemas" / "plan.schema.json").read_text())
    settings = plan["$defs"]
    assert plan["properties"]["jobs"]["maxItems"] == read_budget.MAX_JOBS
    assert settings["job_name"]["maxLength"] == submit_job.JOB_NAME_LENGTH
    assert settings["job"]["properties"]["depends_on"]["maxItems"] == batch_limits.DEPENDENCIES
    assert settings["timeout_s"]["minimum"] == batch_limits.TIMEOUT_S
    assert settings["attempts"]["maximum"] == batch_limits.ATTEMPTS
    assert settings["tags"]["maxProperties"] == batch_limits.PLAN_TAGS
    assert settings["tags"]["propertyNames"]["maxLength"] == batch_limits.TAG_KEY_LENGTH
    assert settings["tags"]["additionalProperties"]["maxLength"] == batch_limits.TAG_VALUE_LENGTH
    assert settings["scheduling_priority"]["maximum"] == batch_limits.SCHEDULING_PRIORITY
    assert settings["memory_mib"]["minimum"] == batch_limits.MEMORY_MIB
    assert str(batch_limits.SHARE_IDENTIFIER_LENGTH) in settings["share_identifier"]["pattern"]
    assert settings["retry_on"]["items"]["enum"] == [str(reason) for reason in RetryReason]
    assert settings["platform"]["enum"] == [str(platform) for platform in Platform]


def test_the_schema_of_diagnostics_knows_every_code():
    schema = json.loads((ROOT / "schemas" / "diagnostics.schema.json").read_text())
    fields = schema["properties"]["diagnostics"]["items"]["properties"]
    assert fields["code"]["enum"] == [str(code) for code in diagnostics.Code]
    assert fields["severity"]["enum"] == [str(severity) for severity in diagnostics.Severity]


def test_the_readme_documents_every_exit_code():
    def codes(error):
        return {error.exit_code}.union(*(codes(child) for child in error.__subclasses__()))

    table = (ROOT / "README.md").read_text().partition("## Exit codes")[2].partition("##")[0]
    documented = {int(n) for row in table.splitlines()[4:] if row for n in row.split("|")[1].split(",")}
    signals = {errors.Interrupted(number).exit_code for number in base.INTERRUPTING}
    assert documented == codes(errors.KedroBatchError) | signals | {0, base.CLOSED_PIPE}


def test_the_readme_s_first_command_lines_are_the_agreed_ones():
    lines = [line.strip() for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("    python3")]
    assert lines == [
        'python3 -m venv .venv && .venv/bin/pip install -e ".[demo]" && .venv/bin/kedro-batch demo',
        'python3 -m venv .venv && .venv/bin/pip install -e ".[dev]" && .venv/bin/pytest',
    ]


def test_a_wheel_carries_templates_and_schemas(tmp_path):
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        str(tmp_path),
        str(ROOT),
    ]
    built = subprocess.run(build, capture_output=True, text=True, check=False)
    if built.returncode and "No matching distribution found for hatchling" in built.stderr:
        pytest.skip("the build back end cannot be downloaded here")
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    site = tmp_path / "site"
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(site),
        str(wheel),
    ]
    subprocess.run(install, check=True, capture_output=True)
    for name in ("templates", "schemas"):
        shipped = {file.relative_to(site / "kedro_batch" / name) for file in (site / "kedro_batch" / name).rglob("*")}
        kept = [line for line in _tracked(name) if line]
        assert {Path(line).relative_to(name) for line in kept} <= shipped
    env = environment({"PYTHONPATH": str(site)})
    where = "import kedro_batch.resources as r; print(r.folder('schemas'), r.schema('plan')['title'])"
    found = subprocess.run(
        [sys.executable, "-c", where],
        cwd=tmp_path,
        env={name: value for name, value in env.items() if not name.startswith("COVERAGE")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.split()[0] == str(site / "kedro_batch" / "schemas")


def _tracked(folder: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files", folder], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: what belongs in the wheel cannot be told")
    return listed.stdout.splitlines()


def test_a_checkout_finds_its_own_folders():
    assert resources.folder("templates") == ROOT / "templates"
    with pytest.raises(FileNotFoundError, match="reinstall"):
        resources.folder("nonsense")

"""The JSON Schemas: each describes every field, and all agree with each other and with what is checked."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from kedro_batch import diagnostics
from kedro_batch.files import read_budget
from kedro_batch.plan import image_reference, submit_job
from kedro_batch.plan.checks import batch_limits
from kedro_batch.plan.settings import Platform, RetryReason
from kedro_batch.submitter.job_state import JobState

ROOT = Path(__file__).parent.parent.parent
SCHEMAS = sorted((ROOT / "schemas").glob("*.schema.json"))


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
    declared = plan["$defs"]["declared_definition"]["properties"]
    assert {"name", *declared} == set(config["$defs"]["job_definition"]["properties"])
    assert set(declared) <= shared
    for name in shared - {"job_definition"}:  # a plan declares definitions at its top, and jobs name them
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
    assert settings["image"]["maxLength"] == image_reference.IMAGE_CHARACTERS
    assert plan["properties"]["job_definitions"]["maxProperties"] == read_budget.MAX_DEFINITIONS
    assert str(batch_limits.SHARE_IDENTIFIER_LENGTH) in settings["share_identifier"]["pattern"]
    assert settings["retry_on"]["items"]["enum"] == [str(reason) for reason in RetryReason]
    assert settings["platform"]["enum"] == [str(platform) for platform in Platform]


def test_a_run_is_described_alike_alone_and_in_a_list():
    alone, listed = (json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text()) for name in ("run", "runs"))
    assert listed["$defs"].items() <= alone["$defs"].items()
    for name in ("run", "plan_digest", "first_plan_digest", "engine", "location", "run_seconds", "outcome", "version"):
        assert listed["properties"][name] == alone["properties"][name]
    assert set(listed["$defs"]["state"]["enum"]) == {str(state) for state in JobState}


def test_the_schema_of_diagnostics_knows_every_code():
    schema = json.loads((ROOT / "schemas" / "diagnostics.schema.json").read_text())
    fields = schema["properties"]["diagnostics"]["items"]["properties"]
    assert fields["code"]["enum"] == [str(code) for code in diagnostics.Code]
    assert fields["severity"]["enum"] == [str(severity) for severity in diagnostics.Severity]

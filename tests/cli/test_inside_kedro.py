"""``kedro batch ...``: data are never mixed with what Kedro writes to standard output before our code is loaded."""

import json

import pytest

from tests.support.command_line import BIN, run
from tests.support.forked import kedro_batch
from tests.support.plans import write_plan
from tests.support.projects import write_project

KEDRO = [str(BIN / "kedro"), "batch"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    project = write_project(tmp_path_factory.mktemp("inside"))
    write_plan(project, {"a": ["x"]})
    return project


@pytest.mark.parametrize(
    "words",
    [
        ["show", "plan.yaml", "--format", "json"],
        ["show", "plan.yaml", "--format=mermaid", "-o", "/dev/stdout"],
        ["diff", "plan.yaml", "plan.yaml", "--format", "markdown"],
        ["validate", "plan.yaml", "--json"],
        ["status", "r", "--json"],
        ["runs", "--json"],
        ["compile", "--json", "-o", "new.yaml"],
        ["apply", "plan.yaml", "--dry-run"],
        ["apply", "plan.yaml", "--local", "--json"],
        ["wait", "r", "--json"],
        ["versions", "r", "--format", "yaml"],
        ["doctor", "plan.yaml", "--json"],
    ],
    ids=" ".join,
)
def test_data_for_standard_output_are_refused_with_the_command_that_writes_them(folder, words):
    ended = kedro_batch("batch", *words, cwd=folder, program="kedro")
    assert ended.code == 2
    assert f"kedro-batch {' '.join(words)}\n" in ended.err
    assert "inside Kedro, which writes to standard output itself" in ended.err
    assert not (folder / ".kedro-batch").exists()


def test_the_advice_for_a_file_and_for_standard_output_can_be_followed(folder):
    refused = run([*KEDRO, "show", "plan.yaml", "--format", "json"], cwd=folder)
    assert "kedro batch show plan.yaml --format json -o FILE." in refused.err
    assert run([*KEDRO, "show", "plan.yaml", "--format", "json", "-o", "FILE"], cwd=folder).code == 0
    outside = run([str(BIN / "kedro-batch"), "show", "plan.yaml", "--format", "json"], cwd=folder)
    assert json.loads((folder / "FILE").read_bytes()) == json.loads(outside.out)


@pytest.mark.parametrize(
    "words", [["show", "plan.yaml"], ["diff", "plan.yaml", "plan.yaml"], ["validate", "plan.yaml"]]
)
def test_what_people_read_is_written_as_ever(folder, words):
    ended = run([*KEDRO, *words], cwd=folder)
    assert ended.code == 0
    assert ended.text

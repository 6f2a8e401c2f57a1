from pathlib import Path

import pytest
import yaml

from kedro_batch.compiler.project.kedro_errors import (
    NOT_IMPORTED,
    describe_broken_modules,
    explain_error,
    guard_project_code,
)
from kedro_batch.errors import ProjectError


@pytest.mark.parametrize(
    ("message", "explained"),
    [
        ("Interpolation key 'team' not found\n    full_key: a", "Interpolation key 'team' not found. Define it in the"),
        ("Runtime parameter 'x' not found.", "Runtime parameter 'x' not found. Pass it with --params, or write a"),
        ("resolver oc.env is unknown", "resolver oc.env is unknown. Kedro reads environment variables only in cred"),
        ("", "no reason given"),
        ("odd", "odd"),
    ],
)
def test_kedro_s_reason_is_followed_by_what_to_do(message, explained):
    assert explain_error(ValueError(message)).startswith(explained)


def test_the_place_in_a_yaml_file_is_counted_from_one():
    with pytest.raises(yaml.MarkedYAMLError) as raised:
        yaml.safe_load("a: [1,\nb: }")
    assert explain_error(raised.value).startswith("line 2: ")
    wrapped = ValueError("Invalid YAML or JSON file /conf/a.yml, unable to read line 2")
    wrapped.__cause__ = raised.value
    assert explain_error(wrapped).startswith("/conf/a.yml is not valid YAML: line 2, column 4: ")


def test_modules_that_kedro_left_out_are_listed_with_their_reasons():
    warnings = [f"{NOT_IMPORTED}'a.pipelines.{name}' module.\nTraceback\nImportError: no {name}" for name in "xy"]
    lines = describe_broken_modules(warnings).splitlines()
    assert lines[1:3] == ["  a.pipelines.x: ImportError: no x", "  a.pipelines.y: ImportError: no y"]


def test_a_project_s_code_runs_in_its_folder_and_its_errors_name_the_line(tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    source = tmp_path / "own.py"
    source.write_text("import os\nassert os.path.exists('own.py')\nimport not_installed_anywhere\n")
    with (
        pytest.raises(ProjectError, match=r"cannot load it in .*: ModuleNotFoundError: .* \(own.py, line 3\). Is it"),
        guard_project_code("cannot load it", tmp_path),
    ):
        exec(compile(source.read_text(), str(source), "exec"), {})  # noqa: S102  the code of a project
    assert Path.cwd().samefile(elsewhere)
    with pytest.raises(ProjectError, match="SystemExit: 3"), guard_project_code("cannot load it", tmp_path):
        raise SystemExit(3)

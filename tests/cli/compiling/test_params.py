"""The parameters of a plan: where they may come from, what wins, and what is refused with its place."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.forked import kedro_batch
from tests.support.projects import TARGET, json_catalog, write_project

SETTINGS = """\
params:
  model:
    depth: 1
    features: [a, b]
  kept: {x: 1.0}
"""


def write(root: Path, settings: str = SETTINGS, **conf: str) -> Path:
    files = {f"{name.replace('_', '/')}.yml": content for name, content in conf.items()}
    return write_project(root, conf={"base/aws_batch.yml": TARGET + settings, **files})


def compiled(root: Path, *words: str, stdin: bytes = b"") -> Any:
    ended = kedro_batch("compile", "-q", *words, cwd=root, stdin=stdin)
    assert ended.code == 0, ended.err
    return yaml.safe_load(ended.text)


def refused(root: Path, *words: str) -> str:
    ended = kedro_batch("compile", "-q", *words, cwd=root)
    assert (ended.code, ended.text) == (4, "")
    return ended.err


def test_the_file_wins_over_the_settings_and_the_command_line_over_both(tmp_path):
    write(tmp_path)
    (tmp_path / "p.yml").write_text('model:\n  features: ["c, d"]\n  rate: 2.5e-07\nname: "1"\n')
    plan = compiled(tmp_path, "--params-file=p.yml", "--params=model.rate=1e5,new.deep=- 1\n- 2")
    assert plan["params"] == {
        "kept": {"x": 1.0},
        "model": {"depth": 1, "features": ["c, d"], "rate": 100000.0},
        "name": "1",
        "new": {"deep": [1, 2]},
    }
    assert not any("--params" in word for job in plan["jobs"] for word in job["command"])


def test_a_file_may_come_from_standard_input(tmp_path):
    write(tmp_path, "")
    assert compiled(tmp_path, "--params-file=-", stdin=b'{"a": {"b": 1e-07}}')["params"] == {"a": {"b": 1e-07}}
    ended = kedro_batch("compile", "--params-file=-", "--check=-", cwd=tmp_path)
    assert ended.code == 2
    assert "cannot both read standard input" in ended.err


def test_a_plan_without_parameters_does_not_mention_them(tmp_path):
    write(tmp_path, "")
    (tmp_path / "p.json").write_text("{}")
    assert compiled(tmp_path) == compiled(tmp_path, "--params-file=p.json")
    assert "params" not in compiled(tmp_path)


def test_settings_read_interpolations_as_the_rest_of_the_configuration_does(tmp_path):
    write(tmp_path, "params: {a: '${globals:b}', c: '${runtime_params:d}'}\n", base_globals="b: [1, 2.0]\n")
    assert compiled(tmp_path, "--params=d=x")["params"] == {"a": [1, 2.0], "c": "x", "d": "x"}


def test_the_catalog_is_read_with_all_parameters(tmp_path):
    catalog = json_catalog("numbers", "left", "right", "total") + (
        "raw:\n  type: json.JSONDataset\n  filepath: ${runtime_params:place}/raw.json\n"
    )
    write(
        tmp_path,
        "params: {place: data}\nshared_paths: [data]\n".replace("shared_paths: [data]\n", ""),
        base_catalog=catalog,
    )
    assert compiled(tmp_path)["params"] == {"place": "data"}


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ("params:\n  a.b: 1\n", 'conf/base/aws_batch.yml:5: params."a.b": Kedro makes nested parameters'),
        ("params:\n  a:\n    - .nan\n", "conf/base/aws_batch.yml:6: params.a[0]: is nan"),
        ("params:\n  a:\n    1: 2\n", "conf/base/aws_batch.yml:6: params.a.1: the key must be text"),
        ("params:\n  a: '\\${b}'\n", "conf/base/aws_batch.yml:5: params.a: holds ${"),
        ("params: [a]\n", "conf/base/aws_batch.yml:4: params: "),
        (
            "params:\n  db: {password: hunter2}\n",
            "conf/base/aws_batch.yml:5: params.db.password: looks like a credential",
        ),
        ("rules:\n  - match: {nodes: [go_left]}\n    params: {a: 1}\n", "conf/base/aws_batch.yml:6: rules[0].params: "),
    ],
)
def test_what_settings_should_not_have_is_refused_with_its_line(tmp_path, settings, reason):
    write(tmp_path, settings)
    assert reason in refused(tmp_path)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("x=.inf", "--params: x: is inf"),
        ("x=${y}", "--params: x: holds ${"),
        ("x=a: ${y}", "--params: x.a: holds ${"),
        ("x=1: 2", "--params: x.1: the key 1 must be text"),
        ("[a.b]=1", '--params: "a.b": Kedro makes nested parameters'),
        ("db.password=hunter2", "--params: db.password: looks like a credential"),
    ],
)
def test_what_the_command_line_should_not_have_is_refused_with_its_path(tmp_path, words, reason):
    write(tmp_path)
    assert reason in refused(tmp_path, f"--params={words}")


def test_what_only_has_the_name_of_a_credential_is_accepted_as_the_message_advises(tmp_path):
    write(tmp_path, "environment: {RESET_TOKEN: weekly}\n")
    said = refused(tmp_path)
    assert "environment.RESET_TOKEN: looks like a credential, by its name" in said
    assert "write not_secret: [RESET_TOKEN] into aws_batch.yml" in said
    settings = tmp_path / "conf" / "base" / "aws_batch.yml"
    settings.write_text(settings.read_text() + "not_secret: [RESET_TOKEN, db.password_column_1, x.secret]\n")
    assert "not_secret: [x.secret_2] into" in refused(tmp_path, "--params=x.secret_2=a")
    compiled(tmp_path, "--params=x.secret=a", "-o", "plan.yaml")
    plan = yaml.safe_load((tmp_path / "plan.yaml").read_text())
    assert plan["not_secret"] == ["RESET_TOKEN", "db.password_column_1", "x.secret"]
    assert kedro_batch("validate", "plan.yaml", cwd=tmp_path).code == 0


def test_what_a_file_should_not_have_is_refused_with_its_line_as_json_too(tmp_path):
    write(tmp_path)
    (tmp_path / "p.yml").write_text("a: 1\nb: ${c}\n")
    assert "p.yml:2: b: holds ${" in refused(tmp_path, "--params-file=p.yml")
    ended = kedro_batch("compile", "--json", "--params-file=p.yml", cwd=tmp_path)
    [one] = json.loads(ended.text)["diagnostics"]
    assert (one["source"], one["line"], one["path"], one["code"]) == ("p.yml", 2, ["b"], "invalid_config")
    assert kedro_batch("compile", "--params-file=none.yml", cwd=tmp_path).code == 2


def test_a_value_that_kedro_does_not_merge_over_the_files_is_refused(tmp_path):
    write(tmp_path, "params: {model: {name: '???'}}\n", base_parameters="model: {name: tree}\n")
    assert "conf/base/aws_batch.yml:4: params.model.name: Kedro leaves the value" in refused(tmp_path)
    (tmp_path / "conf" / "base" / "parameters.yml").write_text("model: [1]\n")
    assert "params.model: is a map, and conf/base/parameters.yml:1 has a list" in refused(tmp_path)


def test_parameters_that_are_too_long_are_reported_once(tmp_path):
    write(tmp_path, "")
    (tmp_path / "p.json").write_text(json.dumps({"x": "," * 3000}))
    err = refused(tmp_path, "--params-file=p.json")
    assert err.count("are too long") == 1
    assert "the project's files" in err


def test_explaining_a_job_says_where_each_parameter_comes_from(tmp_path):
    write(tmp_path)
    (tmp_path / "p.yml").write_text('\nname: "1"\n')
    text = kedro_batch(
        "compile", "-q", "--params-file=p.yml", "--params=model.depth=2", "--explain=go_left", cwd=tmp_path
    ).text
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "params.model.depth 2 --params: model.depth" in lines
    assert 'params.model.features ["a", "b"] conf/base/aws_batch.yml:7: params.model.features' in lines
    assert 'params.name "1" p.yml:2: name' in lines


def test_the_command_that_updates_a_plan_names_the_file(tmp_path):
    write(tmp_path)
    (tmp_path / "p.yml").write_text("a: 1\n")
    assert kedro_batch("compile", "-q", "--params-file=p.yml", "-o", "plan.yaml", cwd=tmp_path).code == 0
    (tmp_path / "p.yml").write_text("a: 1.0\n")
    ended = kedro_batch("compile", "-q", "--params-file=p.yml", "--check=plan.yaml", cwd=tmp_path)
    assert ended.code == 3
    assert "params.a              1 -> 1.0" in ended.err
    assert "kedro-batch compile -o plan.yaml -q --params-file=p.yml" in ended.err

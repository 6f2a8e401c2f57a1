"""Parameters that Kedro merges over those of the project's files: what is lost, what cannot be merged, who is asked."""

from pathlib import Path

import pytest
import yaml

from tests.support.forked import kedro_batch
from tests.support.projects import TARGET, write_project

REGISTRY = """
from kedro.pipeline import Pipeline, node


def register_pipelines():
    return {"__default__": Pipeline([node(lambda x, y: [], ["params:ns.x", "params:ns.deep.er"], "kept", name="keep")])}
"""
PARAMETERS = "ns:\n  x: 1\n  deep:\n    er: [1]\n    more: 2\n  '1': a\nids: {1: a}\nlist: [1]\n"
OWN_RUN = """
import click
from kedro.framework.cli.utils import _split_params


@click.group(name="a_project")
def cli():
    pass


@cli.command()
@click.option("--nodes", default="")
@click.option("--params", default="", callback=CALLBACK)
def run(nodes, params):
    pass
"""


def write(root: Path, aws_batch: str = "", *, own: str = "", **files: str) -> Path:
    conf = {
        "base/aws_batch.yml": TARGET + aws_batch,
        "base/catalog.yml": "kept: {type: json.JSONDataset, filepath: data/kept.json}\n",
        "base/parameters.yml": PARAMETERS,
        "prod/parameters.yml": "other: 1\n",
    }
    return write_project(
        root, registry=REGISTRY, conf={**conf, **({"prod/parameters.yml": own} if own else {})}, **files
    )


def test_parameters_of_the_base_that_params_keep_from_the_nodes_are_named(tmp_path):
    write(tmp_path, "params:\n  ns: {x: 2}\n")
    ended = kedro_batch("compile", "-q", "--env=prod", cwd=tmp_path)
    assert ended.code == 4
    assert "conf/base/aws_batch.yml:5: params.ns: with this, the nodes lose ns.deep, ns.1 of the project's" in ended.err
    assert "params:ns.deep.er: the params of the plan keep it from the nodes" in ended.err
    assert "'merge_strategy'" in ended.err.replace('"', "'")
    for env in ("base", "local"):  # there is nothing to merge, or no file that has parameters
        ended = kedro_batch("compile", f"--env={env}", "--strict", cwd=tmp_path)
        assert ended.code == 0, ended.err


@pytest.mark.parametrize(
    ("settings", "module"),
    [
        ("params:\n  ns: {x: 2}\n", 'CONFIG_LOADER_ARGS = {"merge_strategy": {"parameters": "soft"}}\n'),
        ("params:\n  ns: {x: 2, deep: {er: [1], more: 2}, '1': a}\n", ""),
        ("params:\n  ns: {x: 2, deep: {er: [1], more: 2}}\naccept: {lost_parameters: ['ns.1']}\n", ""),
        ("params:\n  mine: {x: 2}\n", ""),
        ("", ""),
    ],
)
def test_what_the_advice_says_helps(tmp_path, settings, module):
    write(tmp_path, settings, settings=module)
    ended = kedro_batch("compile", "--env=prod", "--strict", cwd=tmp_path)
    assert ended.code == 0, ended.err


def test_what_the_environment_itself_takes_away_is_not_blamed_on_params(tmp_path):
    write(tmp_path, "params:\n  ns: {x: 2}\n", own="ns: {x: 5, deep: {er: 3}}\n")
    ended = kedro_batch("compile", "--env=prod", "--strict", cwd=tmp_path)
    assert ended.code == 0, ended.err


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("list={a: 1}", "list: is a map, and conf/base/parameters.yml:8 has a list"),
        ("ns.deep=[1]", "ns.deep: is a list, and conf/base/parameters.yml:3 has a map"),
        ("ids.1=b", "ids.1: has a text for its key, and conf/base/parameters.yml:7 has the number 1"),
    ],
)
@pytest.mark.parametrize("env", ["base", "prod"])
def test_what_kedro_cannot_merge_is_refused_with_both_places(tmp_path, word, reason, env):
    write(tmp_path)
    ended = kedro_batch("compile", f"--env={env}", f"--params={word}", cwd=tmp_path)
    assert ended.code == 4
    assert f"--params: {reason}: Kedro cannot merge them" in ended.err


def test_a_file_of_parameters_that_asks_for_params_is_compared_too(tmp_path):
    write(tmp_path, own="list: ${runtime_params:x}\n")
    ended = kedro_batch("compile", "--env=prod", "--params=x=- 1,list={a: 1}", cwd=tmp_path)
    assert "--params: list: is a map, and conf/prod/parameters.yml:1 has a list" in ended.err


@pytest.mark.parametrize(
    ("callback", "code", "words"),
    [
        ("_split_params", 0, ""),
        ("None", 0, "note unproved_parameters: src/a_project/cli.py: the jobs start a command"),
        ("lambda *_: 1 / 0", 0, "note unproved_parameters: src/a_project/cli.py: "),
        (
            'lambda _, __, text: dict(one.split("=", 1) for one in text.split(",") if one)',
            4,
            "--params: a: the command `run` of src/a_project/cli.py reads it back as something else",
        ),
    ],
)
def test_a_run_command_of_the_project_is_asked_what_it_makes_of_params(tmp_path, callback, code, words):
    write(tmp_path, cli=OWN_RUN.replace("CALLBACK", callback))
    ended = kedro_batch("compile", "--params=a=1", cwd=tmp_path)
    assert ended.code == code, ended.err
    assert words in ended.err
    assert ("unproved_parameters" in ended.err) == ("unproved_parameters" in words)
    assert "unproved" not in kedro_batch("compile", cwd=tmp_path).err


def test_a_command_that_cannot_be_asked_is_noted_if_there_are_params(tmp_path):
    write(tmp_path, "command_prefix: [./run.sh]\n")
    ended = kedro_batch("compile", "--params=a=1", cwd=tmp_path)
    assert (ended.code, "note unproved_parameters: conf/base/aws_batch.yml: the jobs" in ended.err) == (0, True)
    assert "unproved" not in kedro_batch("compile", cwd=tmp_path).err


def test_parameters_in_the_command_prefix_beside_params_are_refused_with_their_line(tmp_path):
    write(tmp_path, "command_prefix: [kedro, run, '--params=a=1']\n")
    assert kedro_batch("compile", cwd=tmp_path).code == 0
    ended = kedro_batch("compile", "--params=b=1", cwd=tmp_path)
    assert "conf/base/aws_batch.yml:4: command_prefix[2]: gives --params beside the params" in ended.err
    assert "over_limit" not in ended.err


def test_a_number_in_the_settings_is_what_kedro_reads_from_parameters(tmp_path):
    write(tmp_path, "params: {a: 1e-4, b: 1e5, c: '1e5', d: 1.5e3}\n")
    ended = kedro_batch("compile", "-q", cwd=tmp_path)
    assert yaml.safe_load(ended.text)["params"] == {"a": 0.0001, "b": 100000.0, "c": "1e5", "d": 1500.0}


def test_a_file_without_a_name_is_refused(tmp_path):
    write(tmp_path)
    ended = kedro_batch("compile", "--params-file=", cwd=tmp_path)
    assert (ended.code, "'--params-file': it is empty" in ended.err) == (2, True)


def test_very_many_parameters_are_refused_wherever_they_stand(tmp_path):
    lines = "".join(f"  key{number}: x\n" for number in range(3000))
    write(tmp_path, f"params:\n{lines}")
    (tmp_path / "p.yml").write_text(lines.replace("  key", "key"))
    for words, place in ((["--params=a=1"], "conf/base/aws_batch.yml:4: params"), (["--params-file=p.yml"], "p.yml")):
        ended = kedro_batch("compile", *words, cwd=tmp_path)
        assert f"{place}" in ended.err
        assert "the parameters take" in ended.err


def test_a_job_is_explained_with_its_parameters_shortened_and_their_letters_as_they_are(tmp_path):
    write(tmp_path, f"params: {{long: {'ü' * 300}, x: {{a.b: 1}}}}\n")
    text = kedro_batch("compile", "-q", "--explain=keep", cwd=tmp_path).text
    assert f'params.long     "{"ü" * 99}... (202 more characters)' in text
    assert 'params.x."a.b"' in text
    assert max(map(len, text.splitlines())) < 250

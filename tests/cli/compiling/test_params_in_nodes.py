"""Parameters reach the nodes as they are: values of every kind, compared with what a plain run reads from a file."""

import json
import pickle
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from kedro_batch.plan.params import differing_params
from kedro_batch.plan.params_words import params_words
from tests.support.forked import kedro_batch
from tests.support.params import some_values
from tests.support.projects import TARGET, write_project

REGISTRY = """
import json
import pickle
from pathlib import Path

from kedro.pipeline import Pipeline, node

NAMES = json.loads(Path("names.json").read_text())


def keep(parameters, *values):
    assert all(parameters[name] == value for name, value in zip(NAMES, values))
    Path("seen.pickle").write_bytes(pickle.dumps(dict(zip(NAMES, values))))
    return []


def register_pipelines():
    inputs = ["parameters", *("params:" + one for one in NAMES)]
    return {"__default__": Pipeline([node(keep, inputs, "kept", name="keep")])}
"""
ROOM = 7000
"""Characters of parameters in one command: those of AWS Batch, less room for everything else."""


class _Quoted(yaml.SafeDumper):
    """Writes all text in quotes: OmegaConf takes 1e5 for a number, and PyYAML does not."""


_Quoted.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def in_commands(values: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Share parameters out to commands."""
    some: dict[str, Any] = {}
    for name, value in values.items():
        more = {**some, name: value}
        if len(json.dumps(params_words(more))) > ROOM and some:
            yield some
            more = {name: value}
        some = more
    yield some


def names_project(root: Path, names: Sequence[str], parameters: str | None = None) -> Path:
    conf = {
        "base/aws_batch.yml": TARGET,
        "base/catalog.yml": "kept: {type: json.JSONDataset, filepath: data/kept.json}\n",
        "base/parameters.yml": parameters or "other: 1\n",
    }
    write_project(root, registry=REGISTRY, conf=conf)
    (root / "names.json").write_text(json.dumps(list(names)))
    return root


def seen(root: Path) -> Any:
    return pickle.loads((root / "seen.pickle").read_bytes())  # noqa: S301  written by the node above


@pytest.mark.parametrize("count", [60, pytest.param(500, marks=pytest.mark.long)])
def test_values_reach_the_nodes_equal_to_those_of_a_plain_run(tmp_path, count):
    values = {f"v{number}": value for number, value in enumerate(some_values(count))}
    assert len(values) == count
    plain = names_project(tmp_path / "plain", tuple(values), yaml.dump(values, Dumper=_Quoted))
    ended = kedro_batch("run", cwd=plain, program="kedro")
    assert ended.code == 0, ended.err
    expected = seen(plain)
    shares = [*in_commands(values)]
    assert len(shares) <= 10
    for number, share in enumerate(shares):
        root = names_project(tmp_path / str(number), tuple(share))
        file = root / "given.json"
        file.write_text(json.dumps(share))
        ended = kedro_batch("compile", "-q", "--params-file=given.json", "-o", "plan.yaml", cwd=root)
        assert ended.code == 0, ended.err
        ended = kedro_batch("apply", "plan.yaml", "--local", "-q", cwd=root)
        assert ended.code == 0, ended.err
        got = seen(root)
        assert [*differing_params(got, {name: expected[name] for name in share})] == []
        assert [*differing_params(got, share)] == []

"""Hooks do not run while compiling. What they add is missing then, and each message says how to compile anyway."""

from pathlib import Path

import pytest

from tests.support.command_line import Ended
from tests.support.forked import kedro_batch
from tests.support.projects import DIAMOND, TARGET, json_catalog, write_project

SETTINGS = "from a_project.hooks import ProjectHooks\n\nHOOKS = (ProjectHooks(),)\n"
RESOLVER = """
from kedro.framework.hooks import hook_impl
from omegaconf import OmegaConf


class ProjectHooks:
    @hook_impl
    def after_context_created(self, context):
        OmegaConf.register_new_resolver("bucket", lambda name: f"data/{name}", replace=True)
"""
ADDED = """
from kedro.framework.hooks import hook_impl
from kedro_datasets.json import JSONDataset


class ProjectHooks:
    @hook_impl
    def after_catalog_created(self, catalog):
        for name in ("raw", "numbers", "total"):
            add(catalog, name, JSONDataset(filepath=f"data/{name}.json"))
        add(catalog, "params:fold", MemoryDataset(1))


from kedro.io import MemoryDataset


def add(catalog, name, dataset):
    if hasattr(catalog, "add"):
        catalog.add(name, dataset)
    else:
        catalog[name] = dataset
"""
ADVICE = (
    "Hooks do not run while compiling: declare what they add in aws_batch.yml, under datasets, such as NAME: shared"
)


def refused(project: Path, *words: str) -> str:
    ended = kedro_batch("compile", *words, cwd=project)
    assert (ended.code, ended.out) == (4, b""), ended.err
    return ended.err


def kedro_run(project: Path) -> Ended:
    (project / "data").mkdir()
    (project / "data" / "raw.json").write_text("[1, 2]")
    return kedro_batch("run", cwd=project, program="kedro")


@pytest.mark.parametrize(
    ("file", "content", "place"),
    [
        (
            "base/catalog.yml",
            json_catalog("raw", "left", "right", "total")
            + "numbers:\n  type: json.JSONDataset\n  filepath: ${bucket:raw}/numbers.json\n",
            "conf/base/catalog.yml:15: numbers.filepath",
        ),
        (
            "base/parameters_more.yml",
            "x: 1\n# ${bucket:no}\ndeep:\n  - a: ${ bucket:y}\n",
            "parameters_more.yml:4: deep[0].a",
        ),
        (
            "base/aws_batch.yml",
            TARGET + "tags: {team: '${bucket:a}', cost: '${bucket:b}'}\n",
            "aws_batch.yml:4: tags.team",
        ),
        ("local/globals.yml", "team: ${bucket:a}\n", "conf/local/globals.yml:1: team"),
    ],
)
def test_a_resolver_that_a_hook_registers_is_named_with_its_place(tmp_path, file, content, place):
    conf = {"base/parameters.yml": "team: ${globals:team}\n"} if "globals" in file else {}
    project = write_project(tmp_path, settings=SETTINGS, hooks=RESOLVER, conf={**conf, file: content})
    message = refused(project)
    assert f"{place}: Unsupported interpolation type bucket: no resolver has this name. Hooks do not run" in message
    written = next(line for line in message.splitlines() if "CONFIG_LOADER_ARGS" in line)
    assert ("The same stands in 1 more place" in message) == ("cost" in content)
    advised = written[written.index("CONFIG_LOADER_ARGS") : written.index("}}") + 2]
    (project / "src" / "a_project" / "settings.py").write_text(advised.replace("...", "lambda name: f'data/{name}'"))
    ended = kedro_batch("compile", cwd=project)
    assert ended.code == 0, ended.err


@pytest.mark.parametrize(
    ("written", "reason", "remedy"),
    [
        ("${globals:stage}", "Globals key 'stage' not found", "Define it in globals.yml, or write a default"),
        ("${stage}", "Interpolation key 'stage' not found", "Define it in the same section, or in globals.yml"),
        ("${oc.env:STAGE}", "Unsupported interpolation type oc.env", "only in credentials.yml"),
        ("${runtime_params:stage}", "Runtime parameter 'stage' not found", "Pass it with --params"),
    ],
)
def test_other_interpolations_that_fail_are_named_with_their_place(tmp_path, written, reason, remedy):
    entry = f'"{{any}}":\n  type: json.JSONDataset\n  filepath: data/{written}/x.json\n'
    message = refused(write_project(tmp_path, conf={"base/catalog.yml": entry}))
    (line,) = (line for line in message.splitlines() if "conf/base/catalog.yml" in line)
    assert line.startswith(f"  conf/base/catalog.yml:3: {{any}}.filepath: {reason}")
    assert remedy in line


def test_datasets_and_parameters_that_a_hook_adds_can_be_declared(tmp_path):
    registry = DIAMOND.replace('"numbers", "left"', '["numbers", "params:fold"], "left"')
    project = write_project(
        tmp_path,
        registry=registry.replace("def double(x)", "def double(x, *_)"),
        settings=SETTINGS,
        hooks=ADDED,
        conf={"base/catalog.yml": json_catalog("left", "right")},
    )
    message = refused(project, "--strict")
    for name in ("raw", "numbers", "total", "params:fold"):
        (about,) = (line for line in message.splitlines() if f": {name}: " in line)
        assert ADVICE in about
    declared = "".join(f"  {name}: shared\n" for name in ("raw", "numbers", "total", "params:fold"))
    (project / "conf" / "base" / "aws_batch.yml").write_text(f"{TARGET}datasets:\n{declared}")
    ended = kedro_batch("compile", "--strict", "-o", "plan.yaml", cwd=project)
    assert ended.code == 0, ended.err
    ran = kedro_run(project)
    assert ran.code == 0, ran.err
    expected = (project / "data" / "total.json").read_bytes()
    (project / "data" / "total.json").unlink()
    applied = kedro_batch("apply", "--local", "plan.yaml", cwd=project)
    assert applied.code == 0, applied.err
    assert (project / "data" / "total.json").read_bytes() == expected


@pytest.mark.parametrize("hooks", [None, ADDED.replace("    @hook_impl\n", "")])
def test_without_such_hooks_nothing_is_said_of_them(tmp_path, hooks):
    files = {"settings": SETTINGS, "hooks": hooks} if hooks else {}
    catalog = {"base/catalog.yml": json_catalog("raw", "left", "right")}
    message = refused(write_project(tmp_path, conf=catalog, **files))
    assert "ephemeral_boundary" in message
    assert "hook" not in message

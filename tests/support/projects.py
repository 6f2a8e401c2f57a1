"""Writes small Kedro projects for the tests. They compile without data."""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent

KEDRO_VERSION = version("kedro")

TARGET = "job_queue: a_queue\njob_definition: a_definition:2\nshared_paths: [data]\n"
"""The diamond's data counts as shared, and the definition has a revision: there are no warnings and no notes."""

DIAMOND = """
from kedro.pipeline import Pipeline, node


def number(x):
    return x


def double(x):
    return [2 * one for one in x]


def add(a, b):
    return [one + two for one, two in zip(a, b)]


def register_pipelines():
    diamond = Pipeline(
        [
            node(add, ["left", "right"], "total", name="add_up"),
            node(double, "numbers", "left", name="go_left"),
            node(number, ["numbers", "raw"], "right", name="go_right"),
            node(number, "raw", "numbers", name="read_numbers"),
        ]
    )
    return {"__default__": diamond, "half": diamond.to_nodes("go_left")}
"""

# go_right takes two inputs; a function of two is simpler than a second dataset.
DIAMOND = DIAMOND.replace("def number(x):\n    return x", "def number(x, *_):\n    return x")


def write_project(
    root: Path, *, registry: str = DIAMOND, conf: Mapping[str, str | None] | None = None, **files: str
) -> Path:
    """Write a Kedro project.

    Args:
        root: Its folder, created if it does not exist.
        registry: The source of ``pipeline_registry.py``.
        conf: Files below ``conf/``, by their path; None leaves a file out. The base environment has a queue and a
            definition unless ``base/aws_batch.yml`` is given.
        files: Other modules of the package, by name.
    """
    package = root / "src" / "a_project"
    package.mkdir(parents=True)
    (root / "pyproject.toml").write_text(
        dedent(f"""\
            [tool.kedro]
            package_name = "a_project"
            project_name = "A project"
            kedro_init_version = "{KEDRO_VERSION}"
            """)
    )
    (root / ".telemetry").write_text("consent: false\n")
    modules = {"__init__": "", "settings": "", "pipeline_registry": registry, **files}
    for name, source in modules.items():
        (package / f"{name}.py").write_text(dedent(source))
    (root / "conf" / "local").mkdir(parents=True)
    for path, content in {
        "base/aws_batch.yml": TARGET,
        "base/catalog.yml": json_catalog(),
        **(conf or {}),
    }.items():
        if content is not None:
            file = root / "conf" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(dedent(content))
    return root


def json_catalog(*names: str) -> str:
    """Return a catalog that stores these datasets, or all of the diamond's, in JSON files."""
    entries = names or ("raw", "numbers", "left", "right", "total")
    return "".join(f"{name}:\n  type: json.JSONDataset\n  filepath: data/{name}.json\n" for name in entries)

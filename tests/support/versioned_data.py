"""Projects with versioned datasets in files, and what their runs left there."""

from pathlib import Path

from kedro_batch.plan.submit_job import RunId
from kedro_batch.submitter.journal_view import read_journal
from tests.support.projects import write_project
from tests.support.runs import JOURNAL

OLDER, NEWER = "2020-01-01T00.00.00.000Z", "2999-01-01T00.00.00.000Z"

CHAIN = """
from kedro.pipeline import Pipeline, node


def pass_on(x):
    return x


def register_pipelines():
    names = ["raw", "clean", "model", "score", "report"]
    steps = [node(pass_on, before, after, name=f"make_{after}") for before, after in zip(names, names[1:])]
    return {"__default__": Pipeline(steps)}
"""
"""Four jobs, one after the other: make_clean, make_model, make_score, make_report."""


def entry(name: str, *more: str, type_: str = "json.JSONDataset") -> str:
    """Return an entry of the catalog, with more lines."""
    return "".join([f"{name}:\n  type: {type_}\n  filepath: data/{name}.json\n", *(f"  {line}\n" for line in more)])


def versioned_catalog(**instead: str) -> str:
    """Return a catalog in which all that jobs of the chain write is versioned, but the report."""
    usual = {
        "raw": entry("raw"),
        **{name: entry(name, "versioned: true") for name in ("clean", "model", "score")},
        "report": entry("report"),
    }
    return "".join({**usual, **instead}.values())


def write_versioned_project(root: Path, *, registry: str = CHAIN, catalog: str = "", **files: str) -> Path:
    """Write the project, with its input."""
    project = write_project(root, registry=registry, conf={"base/catalog.yml": catalog or versioned_catalog()}, **files)
    (project / "data").mkdir()
    (project / "data" / "raw.json").write_text("[1]")
    return project


def version_of(folder: Path, run: str) -> str:
    """Return the version of a run, from its journal."""
    with read_journal(folder / JOURNAL) as journal:
        found = journal.run(RunId(run))
    assert found
    assert found.version
    return found.version


def save(project: Path, dataset: str, version: str, text: str = "[2]") -> Path:
    """Write a version of a dataset as Kedro does."""
    file = project / "data" / f"{dataset}.json" / version / f"{dataset}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def saved(project: Path) -> set[str]:
    """Return all versions in files, as ``dataset/version``."""
    files = (project / "data").glob("*.json/*/*")
    return {f"{file.parent.parent.stem}/{file.parent.name}" for file in files}

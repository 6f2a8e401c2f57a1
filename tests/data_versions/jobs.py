"""Kedro catalogs and pipelines in this process, as a job of a run would have them."""

import json
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import kedro.io
from kedro.pipeline import Pipeline, node
from kedro.runner import SequentialRunner

from kedro_batch.data_versions.in_job import begin_job, fix_versions

OLD, OWN, NEW = "2026-01-01T10.00.00.000Z", "2026-01-01T11.00.00.000Z", "2026-01-01T12.00.00.000Z"
CATALOGS = [getattr(kedro.io, name) for name in ("DataCatalog", "KedroDataCatalog") if hasattr(kedro.io, name)]
SHARED = getattr(kedro.io, "SharedMemoryDataCatalog", CATALOGS[0])
"""The catalog of ParallelRunner."""


def variables(
    *,
    submission: int = 1,
    attempt: int = 1,
    reads: Iterable[str] = (),
    all_but: Iterable[str] | None = None,
    version: str = OWN,
) -> dict[str, str]:
    return {
        "KEDRO_BATCH_RUN_ID": "a-run",
        "KEDRO_BATCH_JOB": "a_job",
        "KEDRO_BATCH_SUBMISSION": str(submission),
        "KEDRO_BATCH_VERSION": version,
        "AWS_BATCH_JOB_ATTEMPT": str(attempt),
        **({"KEDRO_BATCH_READS_FROM_RUN": json.dumps([*reads])} if reads else {}),
        **({} if all_but is None else {"KEDRO_BATCH_READS_FROM_RUN": json.dumps({"all_but": [*all_but]})}),
    }


def entry(folder: Path, name: str, **more: Any) -> dict[str, Any]:
    return {"type": "json.JSONDataset", "filepath": f"{folder}/{name}.json", "versioned": True, **more}


def save(folder: Path, name: str, version: str, data: Any) -> Path:
    """Write a version of a dataset as Kedro would."""
    file = folder / f"{name}.json" / version / f"{name}.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(data))
    return file


def saved(folder: Path, name: str) -> dict[str, Any]:
    """Return what is saved of a dataset, by version."""
    return {file.parent.name: json.loads(file.read_text()) for file in folder.glob(f"{name}.json/*/*.json")}


def catalog_of(entries: Mapping[str, Mapping[str, Any]], of: Any = CATALOGS[0], **more: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 0.19 announces what its catalogs will lose
        return of.from_config({name: {**one} for name, one in entries.items()}, save_version=NEW, **more)


def begin(pipeline: Pipeline, catalog: Any, env: Mapping[str, str]) -> None:
    """Do what the hook does in a job, when Kedro calls it."""
    fix_versions(catalog, env)
    begin_job(pipeline, catalog, env)


def run_job(pipeline: Pipeline, catalog: Any, env: Mapping[str, str], runner: Any = None) -> None:
    begin(pipeline, catalog, env)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*(DataCatalog|catalog).*")
        (runner or SequentialRunner()).run(pipeline, catalog)


def twice(number: int) -> int:
    return 2 * number


def pass_on(data: Any) -> Any:
    return data


DOUBLE = Pipeline([node(twice, "x", "y", name="double"), node(twice, "y", "z", name="double_again")])

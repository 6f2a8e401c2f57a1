"""The runs of a journal as a table, the newest last: in lines of a given width where a row fits, else in two. Pure."""

import os
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import Any

from kedro_batch.files.json_text import known
from kedro_batch.review.run.status_documents import entry_document
from kedro_batch.submitter.run_list import RunSummary
from kedro_batch.text.escaping import one_line
from kedro_batch.text.times import date_and_time
from kedro_batch.text.wording import duration

RUNS_SCHEMA = "kedro-batch/runs/v1"
_HEADER = ("RUN", "BEGAN", "TOOK", "OUTCOME", "DONE", "FAILED", "PLAN", "DIGEST", "ENV", "ACCOUNT", "REGION")
_FIRST_LINE = 6
"""So many columns are in the first line of a run that takes two."""
_DIGEST = 8
_NOTHING = "-"


def runs_text(
    runs: Iterable[RunSummary], *, width: int | None = None, folder: str = "", zone: tzinfo | None = None
) -> str:
    """Return a table of runs; nothing if there are none.

    Args:
        runs: The runs.
        width: The columns of the reader's terminal; None if it is none, so that each run takes one line.
        folder: The reader's working directory, from which files of plans are named.
        zone: The reader's time zone; None for that of this machine.
    """
    rows = [_cells(one, folder, zone) for one in runs]
    if not rows:
        return ""
    lines = _aligned([_HEADER, *rows])
    if width is not None and max(map(len, lines)) > width:
        first = _aligned([row[:_FIRST_LINE] for row in (_HEADER, *rows)])
        second = _aligned([row[_FIRST_LINE:] for row in (_HEADER, *rows)])
        lines = [line for one, more in zip(first, second, strict=True) for line in (one, f"  {more}")]
    return "".join(f"{line}\n" for line in lines)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _cells(one: RunSummary, folder: str, zone: tzinfo | None) -> tuple[str, ...]:
    entry = one.entry
    local = entry.engine == "local"
    return (
        entry.run,
        date_and_time(entry.began_at, zone),
        _NOTHING if entry.ended_at is None else duration(max(0.0, entry.ended_at - entry.began_at)),
        entry.outcome or "not ended",
        f"{one.done:,}/{entry.jobs:,}",
        f"{one.failed:,}",
        one_line(_file(entry.plan_file, folder)),
        entry.plan_digest.removeprefix("sha256:")[:_DIGEST],
        one_line(one.env or _NOTHING),
        one_line(entry.location.get("account", _NOTHING)),
        "this machine" if local else one_line(entry.location.get("region", _NOTHING)),
    )


def _file(file: str | None, folder: str) -> str:
    """Return how a reader in a folder names a file: from there, if it is below it."""
    if file is None:
        return _NOTHING
    return file.removeprefix(folder.rstrip(os.sep) + os.sep) if folder else file


def listed_document(one: RunSummary) -> dict[str, Any]:
    """Return the JSON document of a run in a list (``schemas/runs.schema.json``), without fields that have no value."""
    entry = one.entry
    more = {"run_seconds": entry.run_seconds, "plan_file": entry.plan_file, "env": one.env}
    return {
        "schema": RUNS_SCHEMA,
        **entry_document(entry),
        "counts": {str(state): one.counts[state] for state in sorted(one.counts)},
        **known(more),
    }

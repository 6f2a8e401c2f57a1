"""Checks of datasets that share a place with others: do the jobs that use it wait for each other, and see the data?"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from kedro_batch.compiler.checks.dataset_diagnostics import SHARE_ADVICE, describe_jobs, diagnose_dataset
from kedro_batch.compiler.checks.entries_to_paste import moved_entries
from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.data.stores import Store
from kedro_batch.diagnostics import Code, Diagnostic
from kedro_batch.plan.data_flow import without_transcoding
from kedro_batch.text.wording import listed

if TYPE_CHECKING:
    from kedro_batch.compiler.data.shared_places import SharedPlace


def check_shared_places(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a warning for each pair of names for one place that jobs use at the same time, one of them writing.

    Also if they use it one after the other, but both save versions there: those of a run are one and the same.
    """
    labels = {job: group.label for job, group in compilation.groups.items()}
    seen: set[tuple[str, str]] = set()
    for one in compilation.shared_places:
        fails = one.ordered and _saves_twice(compilation, one)
        if (one.ordered and not fails) or (one.written, one.other) in seen:
            continue
        seen.add((one.written, one.other))
        found = diagnose_dataset(
            Code.SHARED_PLACE,
            one.written,
            compilation.dataset_uses[without_transcoding(one.written)],
            f"{labels[one.writer]} writes it to {one.place}, and {labels[one.user]} "
            f"{'reads' if one.reads else 'writes'} {one.other}, which is "
            f"{'the same place' if one.same else 'inside of it or around it'}. "
            + (_why_it_fails(labels[one.user]) if fails else _what_may_happen(reads=one.reads)),
            advice="Store them in different places"
            if fails
            else "Let the later node read what the earlier one writes, as one more input, so that its job waits; "
            "or store them in different places",
        )
        yield replace(found, about={**found.about, "dataset": (one.written, one.other)})


def _saves_twice(compilation: Compilation, one: "SharedPlace") -> bool:
    return (
        one.same and not one.reads and all(compilation.storages.of(name).versioned for name in (one.written, one.other))
    )


def _why_it_fails(user: str) -> str:
    return (
        "Both are versioned, all jobs of a run save under one version, and Kedro does not save a version twice: "
        f"{user} fails where kedro-batch is in the image"
    )


def _what_may_happen(*, reads: bool) -> str:
    if reads:
        return "Neither job waits for the other, so it is chance who comes first"
    return "Neither job waits for the other, so one may replace or remove what the other has written"


def check_local_places(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a warning for each dataset on a container's disk that other jobs read there under another name alone."""
    users: defaultdict[str, set[SharedPlace]] = defaultdict(set)
    for one in compilation.shared_places:
        use = compilation.dataset_uses[without_transcoding(one.written)]
        if one.reads and not use.readers and compilation.storages.of(one.written).store is Store.LOCAL:
            users[one.written].add(one)
    for written, places in users.items():
        use = compilation.dataset_uses[without_transcoding(written)]
        others = sorted({one.other for one in places})
        yield diagnose_dataset(
            Code.LOCAL_BOUNDARY,
            written,
            use,
            f"it is on the disk of one container: {compilation.storages.of(written).reason}. "
            f"{describe_jobs(compilation, use.producers, 'write')} it, and "
            f"{describe_jobs(compilation, {one.user for one in places}, 'read')} it as {listed(others)} in another "
            "container",
            advice=SHARE_ADVICE,
            remedy=moved_entries(compilation.inputs.catalog, [*use.names, *others]),
        )

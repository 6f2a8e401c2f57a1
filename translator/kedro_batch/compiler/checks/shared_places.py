"""The check of datasets that share a place with others: do the jobs that use it wait for each other?"""

from collections.abc import Iterator

from kedro_batch.compiler.checks.dataset_diagnostics import diagnose_dataset
from kedro_batch.compiler.compilation import Compilation
from kedro_batch.diagnostics import Code, Diagnostic
from kedro_batch.plan.data_flow import without_transcoding


def check_shared_places(compilation: Compilation) -> Iterator[Diagnostic]:
    """Yield a warning for each pair of names for one place that jobs use at the same time, one of them writing."""
    labels = {job: group.label for job, group in compilation.groups.items()}
    seen: set[tuple[str, str]] = set()
    for one in compilation.shared_places:
        if one.ordered or (one.written, one.other) in seen:
            continue
        seen.add((one.written, one.other))
        yield diagnose_dataset(
            Code.SHARED_PLACE,
            one.written,
            compilation.dataset_uses[without_transcoding(one.written)],
            f"{labels[one.writer]} writes it to {one.place}, and {labels[one.user]} "
            f"{'reads' if one.reads else 'writes'} {one.other}, which is the same place or one inside the other. "
            "Neither job waits for the other, so it is chance who comes first",
            advice="Let the later node read what the earlier one writes, as an input more, so that its job waits; "
            "or store them in different places",
        )

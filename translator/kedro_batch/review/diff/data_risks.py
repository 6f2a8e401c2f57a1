"""Find what a reviewer must not miss of the datasets of a plan: two plans and their matched jobs come in. Pure."""

from collections.abc import Iterator, Mapping

from kedro_batch.plan.data_flow import DataFlow, UnorderedRead, unordered_reads
from kedro_batch.plan.model import JobName, Plan
from kedro_batch.review.diff.match_namespaces import RenamedNamespaces
from kedro_batch.review.diff.model import Risk, RiskKind


def find_unwritten(flows: tuple[DataFlow, DataFlow], namespaces: RenamedNamespaces) -> Iterator[Risk]:
    """Find datasets that no job writes any more.

    Args:
        flows: The readers and writers of each dataset before, and those of now.
        namespaces: Those that were renamed.
    """
    before, after = flows
    unwritten = [dataset for dataset in before.writers if dataset not in after.writers]
    for dataset in sorted(unwritten, key=lambda name: name not in after.readers):
        readers = tuple(after.readers.get(dataset, ()))
        called = None if readers else namespaces.rename(dataset)
        instead = called in after.writers and called not in before.writers
        was, now = (dataset, called) if instead else (None, None)
        yield Risk(
            kind=RiskKind.DATASET_NOT_WRITTEN,
            job=readers[0] if readers else None,
            dataset=dataset,
            readers=readers or None,
            before=was,
            after=now,
        )


def find_unordered_reads(
    plans: tuple[Plan, Plan], same: Mapping[JobName, JobName], flows: tuple[DataFlow, DataFlow]
) -> Iterator[Risk]:
    """Find datasets that a job reads without waiting for the job that writes them, and did not do so before.

    Args:
        plans: The plans before and after.
        same: The jobs of the new plan that the old one has too, with their names there.
        flows: The readers and writers of each dataset before, and those of now.
    """
    (old, new), (before, after) = plans, flows
    unordered = unordered_reads(new, after)
    known = set(unordered_reads(old, before)) if unordered else set()
    for read in unordered:
        as_before = UnorderedRead(
            dataset=read.dataset,
            reader=same.get(read.reader, read.reader),
            writer=same.get(read.writer, read.writer),
        )
        if as_before not in known:
            yield Risk(kind=RiskKind.UNORDERED_READ, job=read.reader, dataset=read.dataset, after=read.writer)

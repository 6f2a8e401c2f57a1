"""Which jobs write and read each dataset, and under which of its transcoded names. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from kedro_batch.compiler.groups import Group
from kedro_batch.compiler.nodes import is_parameter
from kedro_batch.plan.data_flow import without_transcoding
from kedro_batch.plan.model import JobName


@dataclass(slots=True)
class DatasetUse:
    """The uses of a dataset.

    Attributes:
        names: All its names, sorted.
        written: The names under which nodes write it.
        read: The names under which nodes read it.
        confirmed: The names under which nodes confirm it.
        producers: The jobs that write it.
        consumers: The jobs that read it; some of them may write it too.
        confirmers: The jobs that confirm it.
        nodes: The nodes that write, read or confirm it.
    """

    names: list[str] = field(default_factory=list)
    written: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    confirmed: set[str] = field(default_factory=set)
    producers: set[JobName] = field(default_factory=set)
    consumers: set[JobName] = field(default_factory=set)
    confirmers: set[JobName] = field(default_factory=set)
    nodes: set[str] = field(default_factory=set)

    @property
    def readers(self) -> set[JobName]:
        """The jobs that read it and do not write it."""
        return self.consumers - self.producers

    @property
    def is_split(self) -> bool:
        """True if it is read under another name than it is written: in memory, each name is a dataset of its own."""
        return bool(self.producers and self.read and self.read != self.written)


def find_dataset_uses(groups: Mapping[JobName, Group]) -> dict[str, DatasetUse]:
    """Return the uses of each dataset by its name without transcoding, sorted; parameters are left out."""
    uses: defaultdict[str, DatasetUse] = defaultdict(DatasetUse)
    for job, group in groups.items():
        for node in group.nodes:
            for name in node.outputs:
                use = uses[without_transcoding(name)]
                use.written.add(name)
                use.producers.add(job)
                use.nodes.add(node.name)
            for name in node.inputs:
                if not is_parameter(name):
                    use = uses[without_transcoding(name)]
                    use.read.add(name)
                    use.consumers.add(job)
                    use.nodes.add(node.name)
            for name in node.confirms:
                use = uses[without_transcoding(name)]
                use.confirmed.add(name)
                use.confirmers.add(job)
                use.nodes.add(node.name)
    for use in uses.values():
        use.names = sorted(use.written | use.read | use.confirmed)
    return dict(sorted(uses.items()))

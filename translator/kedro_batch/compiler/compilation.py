"""What a compilation results in: the plan, and all that checks and explanations of it need to know."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kedro_batch.compiler.data.catalog import Entry
from kedro_batch.compiler.data.dataset_uses import DatasetUse
from kedro_batch.compiler.data.shared_places import SharedPlace
from kedro_batch.compiler.data.storage import Storages
from kedro_batch.compiler.groups import Group, GroupedNodes
from kedro_batch.compiler.inputs import CompileInputs
from kedro_batch.compiler.settings.rules import NodeSettings
from kedro_batch.diagnostics import Diagnostic, Severity
from kedro_batch.errors import ProjectError
from kedro_batch.plan.model import JobName, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Compilation:
    """A plan and how it was made.

    Attributes:
        inputs: What the plan was made of.
        plan: The plan. It has no jobs if the nodes cannot be grouped; ``grouped`` has an error then.
        grouped: The groups of nodes, and the diagnostics about them.
        groups: The nodes of every job except join jobs.
        node_settings: The settings of each node.
        storages: Where each dataset is stored.
        shared_places: Which datasets share a place with others that other jobs use.
        dataset_uses: Which jobs write and read each dataset, by its name without transcoding.
        not_selectable: The jobs whose nodes no command selects, with the reason.
        diagnostics: What is wrong with the plan or worth knowing, sorted; errors first.
    """

    inputs: CompileInputs
    plan: Plan
    grouped: GroupedNodes
    groups: Mapping[JobName, Group]
    node_settings: NodeSettings
    storages: Storages
    shared_places: tuple[SharedPlace, ...]
    dataset_uses: Mapping[str, DatasetUse]
    not_selectable: Mapping[JobName, str]
    diagnostics: tuple[Diagnostic, ...] = ()

    def used_entries(self) -> Iterator[tuple[str, DatasetUse, Entry]]:
        """Yield the name, the uses and the catalog entry of each dataset of the selected nodes that has an entry."""
        for use in self.dataset_uses.values():
            for name in use.names:
                if entry := self.inputs.catalog.entry(name):
                    yield name, use, entry

    def refuse_errors(self) -> None:
        """Refuse a plan that cannot run.

        Raises:
            ProjectError: There are errors: jobs would not find their data, or AWS Batch would refuse them.
        """
        if any(one.severity is Severity.ERROR for one in self.diagnostics):
            raise ProjectError("the project cannot run on AWS Batch as it is:", self.diagnostics)

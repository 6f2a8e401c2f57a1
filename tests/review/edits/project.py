"""A Kedro project as a value: its files and how it is compiled. Edits return another project."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from kedro_batch.plan.model import Selection

FLIGHT_SALES = Path(__file__).parent.parent.parent / "projects" / "flight_sales"

SETTINGS = "conf/base/aws_batch.yml"
CATALOG = "conf/base/catalog.yml"
PROCESSING, SCIENCE, SALES, REPORTING = (
    f"src/flight_sales/pipelines/{name}/pipeline.py"
    for name in ("data_processing", "data_science", "sales", "reporting")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project, and the options of its compilation.

    Attributes:
        files: Contents by path.
        kedro: The version of Kedro for which the commands are spelled.
        pipelines: The option ``--pipelines``.
        env: The option ``--env``.
        params: The options ``--params``.
        selection: The options that select nodes.
    """

    files: Mapping[str, str]
    kedro: str = "1.7.0"
    pipelines: tuple[str, ...] = ()
    env: str | None = None
    params: tuple[str, ...] = ()
    selection: Selection = field(default_factory=Selection)

    def having(self, path: str, old: str, new: str) -> Self:
        """Replace ``old``, which the file has exactly once, by ``new``.

        Raises:
            ValueError: The file does not have it exactly once.
        """
        if self.files[path].count(old) != 1:
            raise ValueError(f"{path} has {old!r} {self.files[path].count(old)} times")
        return replace(self, files={**self.files, path: self.files[path].replace(old, new)})

    def renaming(self, old: str, new: str) -> Self:
        """Replace the word ``old`` by ``new`` in all files, as an editor does."""
        word = re.compile(rf"(?<![\w.]){re.escape(old)}(?!\w)")
        return replace(self, files={path: word.sub(new, text) for path, text in self.files.items()})

    def ending(self, path: str, more: str) -> Self:
        """Append text to a file."""
        return replace(self, files={**self.files, path: self.files[path] + more})

    def write(self, root: Path, installed_kedro: str) -> None:
        """Write the files for the installed Kedro, which refuses projects of an incompatible version."""
        for path, text in self.files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text.replace('kedro_init_version = "1.0.0"', f'kedro_init_version = "{installed_kedro}"'))


def flight_sales() -> Project:
    """Read the project that the edits begin with."""
    files = (file for file in FLIGHT_SALES.rglob("*") if file.is_file() and file.suffix != ".pyc")
    return Project(files={str(file.relative_to(FLIGHT_SALES)): file.read_text() for file in sorted(files)})

"""Proposes the catalog of an environment for AWS Batch: loads the project, and reads it as if that file was not there.

The file's text goes out, with what compiling says once it is there. Nothing is written here, and no command is spelled.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kedro_batch.compiler.catalog_on_s3 import CatalogOnS3, put_on_s3
from kedro_batch.compiler.checks.entries_to_paste import with_folder
from kedro_batch.compiler.compilation import Compilation
from kedro_batch.compiler.compile import compile_inputs, read_inputs
from kedro_batch.compiler.data.moved_entries import entry_text
from kedro_batch.compiler.data.s3_folder import S3Folder
from kedro_batch.compiler.dataset_mover import Surroundings
from kedro_batch.compiler.options import CompileOptions
from kedro_batch.compiler.plan_builder import build_plan
from kedro_batch.compiler.project.catalog_files import find_computed, read_keys
from kedro_batch.compiler.project.import_kedro import import_kedro
from kedro_batch.compiler.project.project_warnings import project_warnings
from kedro_batch.diagnostics import Code, Diagnostic, Severity
from kedro_batch.errors import ConfigError, ProjectError, UsageError

if TYPE_CHECKING:
    from kedro_batch.compiler.project.kedro_loader import KedroProject

CATALOG_FILE = "catalog_kedro_batch.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedCatalog:
    """A catalog that puts on S3 what the jobs of a project cannot share otherwise.

    Attributes:
        file: The file to write.
        shown: Its name in messages.
        catalog: Its entries, and what is left out of it.
        compilation: What compiling gives with it.
    """

    file: Path
    shown: str
    catalog: CatalogOnS3
    compilation: Compilation

    def text(self, *comments: str) -> str:
        """Return the file: comments, then the entries, sorted."""
        head = "".join(f"# {line}\n" for line in comments)
        return "\n".join([head, *(entry_text(name, entry) for name, entry in self.catalog.entries.items())])


def propose_catalog(
    root: Path,
    options: CompileOptions,
    folder: S3Folder,
    *,
    strict: bool = False,
    on_warning: Callable[[str], None] | None = None,
) -> ProposedCatalog:
    """Propose the catalog of the environment that the options name. Silences Kedro's log for the rest of the process.

    The environment may have no folder yet, no job queue, no job definition, and this no image.

    Args:
        root: The project's folder.
        options: The options of the command line, with an environment.
        folder: Where the data are to be.
        strict: Turn the warnings that remain into errors.
        on_warning: Gets each line that the project's code warns of; None for none.

    Raises:
        UsageError: The environment is that which all others are merged over, or that of runs that name none; or the
            configuration is not in a folder.
        ConfigError: The settings are wrong, or the file would not be read.
        ProjectError: The project cannot be loaded, or the selection or the grouping does not match it.
    """
    make_project = import_kedro()
    env = str(options.env)
    with project_warnings(root, on_warning, verbose=options.verbose):
        project = make_project(root, replace(options, new_env=True))
        file = _find_file(project, env)
        project.config.leave_out(file)
        inputs = read_inputs(root, project, options, needs_target=False)
        around = _look_around(project, env)
    before = build_plan(inputs)
    if before.grouped.has_errors:
        raise ProjectError("the nodes cannot be grouped in this way:", before.grouped.diagnostics)
    catalog = put_on_s3(before, folder, around)
    after = compile_inputs(replace(inputs, catalog=inputs.catalog.with_entries(catalog.entries)), strict=strict)
    after = replace(after, diagnostics=tuple(_adapt(after, folder, around.computed)))
    return ProposedCatalog(file=file, shown=project.configuration.shown(file), catalog=catalog, compilation=after)


def _adapt(after: Compilation, folder: S3Folder, computed: Collection[str]) -> Iterator[Diagnostic]:
    """Yield the diagnostics of a project whose bucket is known, and whose target and image may still have to be named.

    Entries to paste have the bucket. There are none that would fix what a resolver computes.
    """
    lacks_image = any(not one.image for one in after.plan.job_definitions.values())
    for one in after.diagnostics:
        if lacks_image and one.severity is Severity.ERROR and one.path[-1:] == ("image",):
            continue
        if one.code is Code.OVER_LIMIT and after.inputs.source.missing_target:
            continue
        templates = map(after.inputs.catalog.template, one.about.get("dataset", ()))
        is_computed = any(found is not None and found[0] in computed for found in templates)
        yield replace(one, remedy="" if is_computed else with_folder(one.remedy, folder))


def _find_file(project: "KedroProject", env: str) -> Path:
    configuration = project.configuration
    if configuration.folder is None:
        raise UsageError(
            f"the configuration is in {configuration.conf_source}, which is no folder: no catalog can be written there"
        )
    for other, what in (
        (configuration.base_env, "is the environment that all others are merged over"),
        (configuration.default_env, "is the environment of runs that name none"),
    ):
        if env == other:
            raise UsageError(
                f"{env} {what}: with data on S3 there, every run on this machine would use S3 too. Name an environment "
                "for AWS Batch, such as --env=aws_batch"
            )
    file = configuration.folder / env / CATALOG_FILE
    if file.is_dir():
        raise UsageError(f"{configuration.shown(file)} is a folder, and has to be a file: move it away")
    if not project.config.reads("catalog", CATALOG_FILE):
        raise ConfigError(
            f"the project's config loader would not read {configuration.shown(file)}: its config_patterns for the "
            'catalog, in settings.py, do not match that name. Add "catalog*" to them'
        )
    return file


def _look_around(project: "KedroProject", env: str) -> Surroundings:
    config, shown = project.config, project.configuration.shown
    environments = (project.configuration.base_env, env)
    own = config.find_section_files(env, "catalog")
    computed = find_computed(
        [file for one in environments for file in config.find_section_files(one, "catalog")],
        [file for one in environments for file in config.find_section_files(one, "globals")],
    )
    taken: Mapping[str, Path] = read_keys(own)
    return Surroundings(
        root=str(project.configuration.root),
        taken={key: shown(file) for key, file in taken.items()},
        computed=computed,
        merges_softly=config.merges_softly("catalog"),
    )

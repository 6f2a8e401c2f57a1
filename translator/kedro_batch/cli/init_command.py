"""``kedro-batch init``: writes into a Kedro project what it needs to run on AWS Batch."""

import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kedro_batch.cli.base import BatchCommand, command_with, print_diagnostics, print_note, verbosity_options
from kedro_batch.cli.project_options import project_options
from kedro_batch.cli.streams import reserve_stdout
from kedro_batch.errors import KedroBatchError, ProjectError, UsageError
from kedro_batch.text.escaping import for_terminal

if TYPE_CHECKING:
    from kedro_batch.compiler.propose_catalog import ProposedCatalog
    from kedro_batch.scaffold.choices import Choices
    from kedro_batch.scaffold.git_remote import GitFacts
    from kedro_batch.scaffold.init_project import Preparation

_ENV = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_PACKAGE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@click.command(cls=BatchCommand, short_help="Prepare a Kedro project for AWS Batch.")
@click.argument("files", nargs=-1, metavar="[FILES]...")
@project_options
@click.option(
    "--bucket", default=None, metavar="BUCKET", help="The S3 bucket for the data: a name, or s3://BUCKET/FOLDER."
)
@click.option(
    "--create-bucket/--no-create-bucket",
    default=None,
    help="Let `infra deploy` create the bucket; or it exists already.",
)
@click.option(
    "--prefix",
    default=None,
    metavar="FOLDER",
    help="The folder of the data in the bucket. Default: the package, with the environment if not aws_batch.",
)
@click.option(
    "--platform",
    type=click.Choice(["fargate", "ec2"]),
    default=None,
    help="What the containers run on. Default: fargate.",
)
@click.option(
    "--spot/--no-spot", default=None, help="Use spare capacity: cheaper, and AWS may take it back; or do not."
)
@click.option(
    "--create-network/--no-create-network",
    default=None,
    help="Let `infra deploy` create a network; or it uses subnets that are there.",
)
@click.option("--github", is_flag=True, default=None, help="Write workflows for pull requests on GitHub.")
@click.option("--gitlab", is_flag=True, default=None, help="Write jobs for merge requests on GitLab.")
@click.option(
    "--repository", default=None, metavar="OWNER/NAME", help="The repository there. Default: that of the remote origin."
)
@click.option(
    "--branch",
    default=None,
    metavar="BRANCH",
    help="The branch from which plans are applied. Default: that of origin/HEAD, or main.",
)
@click.option(
    "--packaged/--no-packaged", default=None, help="Install the project in the image as a package; or copy its folder."
)
@click.option("--force", is_flag=True, help="Overwrite files that differ.")
@verbosity_options
@click.pass_context
def init(context: click.Context, /, files: tuple[str, ...], project: Path, env: str, **flags: Any) -> None:
    """Write settings, catalog, Dockerfile and infrastructure for AWS Batch into a Kedro project.

    With FILES, only these are written. What exists and differs is kept, and shown with what would change: --force
    overwrites it. What is not given is what it was last time; the bucket is asked for. Nothing happens on AWS.
    """
    from kedro_batch.compiler.project.project_folder import find_project
    from kedro_batch.scaffold.init_project import select_files

    root = find_project(project)
    git, choices = _choose(root, env, files, flags)
    with reserve_stdout():  # Kedro and the project write to it while they are loaded
        preparation = _prepare(root, choices, flags)
        selected = select_files(files, preparation.names, root, Path.cwd())
        _write(context, preparation, selected, flags, git)
        proposed = _write_catalog(context, preparation, selected, flags)
        if not flags["quiet"]:
            _say_what_is_next(context, preparation, proposed)


def _choose(root: Path, env: str, files: tuple[str, ...], flags: Mapping[str, Any]) -> "tuple[GitFacts, Choices]":
    """Find the choices, before Kedro is loaded, so that nobody waits for a question."""
    from kedro_batch.cli.init_choices import Given, find_choices
    from kedro_batch.compiler.project.project_folder import package_name
    from kedro_batch.scaffold.file_changes import read_existing
    from kedro_batch.scaffold.git_remote import find_git_facts
    from kedro_batch.scaffold.init_files import INFRASTRUCTURE
    from kedro_batch.scaffold.written_choices import read_choices

    package = package_name(root)
    if package is None or not _PACKAGE.fullmatch(package):
        raise ProjectError(
            f"pyproject.toml has no package_name under [tool.kedro] that names on AWS can have: {package!r}"
        )
    if not _ENV.fullmatch(env):
        raise UsageError(f"--env {env!r}: an environment of AWS Batch has a name of letters, digits, _, - and .")
    known = read_choices(read_existing(root, INFRASTRUCTURE) or "") or {}
    git = find_git_facts(root)
    about_data = (INFRASTRUCTURE, "catalog_kedro_batch.yml")
    given = Given(
        project=package,
        env=env,
        options=flags,
        known=known if known.get("env") == env else {},  # environments share no data
        git=git,
        needs_bucket=not files or any(Path(file).name in about_data for file in files),
    )
    return git, find_choices(given)


def _prepare(root: Path, choices: "Choices", flags: Mapping[str, Any]) -> "Preparation":
    from dataclasses import replace

    from kedro_batch.compiler.project_outline import outline_project
    from kedro_batch.scaffold.file_changes import read_existing
    from kedro_batch.scaffold.init_files import FileNames, read_settings
    from kedro_batch.scaffold.init_project import Preparation, find_source, refuse_env

    outline = outline_project(root)
    refuse_env(choices.env, outline)
    names = FileNames(conf=outline.conf, env=choices.env, forge=choices.forge)
    if flags["packaged"] is None:
        settings = {**outline.settings, **read_settings(read_existing(root, names.settings))}
        packaged = settings.get("command_prefix") == ["python", "-m", choices.project]
    else:
        packaged = flags["packaged"]
    return Preparation(
        root=root,
        source=find_source(root),
        choices=replace(choices, packaged=packaged),
        outline=outline,
        names=names,
    )


def _write(
    context: click.Context,
    preparation: "Preparation",
    selected: Sequence[str],
    flags: Mapping[str, Any],
    git: "GitFacts",
) -> None:
    """Write the files, and say of each what happened to it."""
    from kedro_batch.cli.init_report import change_lines, notes, workflow_notes
    from kedro_batch.scaffold.file_changes import write_changes
    from kedro_batch.scaffold.init_project import prepare_files

    changes = prepare_files(preparation, selected, force=flags["force"])
    write_changes(preparation.root, changes)
    again = command_with("--force", instead_of={*context.params["files"], "--force"})
    for change in changes:
        for line in change_lines(change, again, quiet=flags["quiet"]):
            print_note(line)
    if not flags["quiet"]:
        for line in (*notes(preparation, selected, git), *workflow_notes(changes, preparation.choices)):
            print_note(line)


def _write_catalog(
    context: click.Context, preparation: "Preparation", selected: Sequence[str], flags: Mapping[str, Any]
) -> "ProposedCatalog | None":
    """Write the catalog as ``compile --write-catalog`` does; return it, unless it was not asked for.

    Raises:
        ProjectError: Compiling has errors that no catalog takes away; all files are written.
    """
    from kedro_batch.cli.catalog_writing import CatalogRequest, write_catalog
    from kedro_batch.cli.init_report import worth_knowing
    from kedro_batch.cli.options import Verbosity
    from kedro_batch.compiler.data.s3_folder import parse_s3_folder
    from kedro_batch.compiler.options import CompileOptions

    name, choices = preparation.names.catalog, preparation.choices
    if name not in selected:
        return None
    again = command_with("--force", instead_of={*context.params["files"], "--force"})
    request = CatalogRequest(
        folder=parse_s3_folder(choices.data),
        force=flags["force"],
        kept_unless=f"{again} {shlex.quote(name)}",
    )
    verbosity = Verbosity(as_json=False, **{one: flags[one] for one in ("quiet", "verbose", "no_color")})
    try:
        proposed = write_catalog(preparation.root, CompileOptions(env=choices.env), request, verbosity)
        proposed.compilation.refuse_errors()
    except KedroBatchError:
        print_note("The files above are written. Correct what is said below, and run the same command again")
        raise
    if not flags["quiet"]:
        print_diagnostics(worth_knowing(proposed), every=flags["verbose"], no_color=flags["no_color"])
    return proposed


def _say_what_is_next(context: click.Context, preparation: "Preparation", proposed: "ProposedCatalog | None") -> None:
    from kedro_batch.cli.init_report import next_steps

    print_note("\nNext:")
    for step in next_steps(preparation, proposed, _program(context)):
        print_note(f"  {for_terminal(step)}")


def _program(context: click.Context) -> str:
    return context.parent.command_path if context.parent else "kedro-batch"

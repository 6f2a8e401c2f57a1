"""``kedro-batch image``: builds the image of a project, pushes it, and says by which digest jobs get it."""

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never

import click

from kedro_batch.cli.base import (
    BatchCommand,
    command_with,
    print_note,
    print_plainly,
    verbosity_options,
    words_behind_dashes,
)
from kedro_batch.cli.project_options import command_for, open_clients, open_settings, project_options
from kedro_batch.cli.streams import reserve_stdout
from kedro_batch.errors import ConfigError, ServiceError, UsageError
from kedro_batch.text.escaping import for_terminal
from kedro_batch.text.wording import listed

if TYPE_CHECKING:
    from kedro_batch.compiler.project_settings import ProjectSettings
    from kedro_batch.image.repository import Repository
    from kedro_batch.image.settings_file import Place

_NAMED_FILES = 3


def _check_tag(_: click.Context, __: click.Parameter, tag: str | None) -> str | None:
    from kedro_batch.plan.image_reference import find_wrong_tag

    if tag is not None and (wrong := find_wrong_tag(tag)):
        raise click.BadParameter(wrong)
    return tag


def _check_docker_args(context: click.Context, _: click.Parameter, words: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse words before ``--``: they are mistakes, and Docker's own message would lead away from that."""
    if words != words_behind_dashes(context):
        raise click.UsageError(f"{words[0]!r} is no option of image. Write what is for the build of Docker behind --")
    return words


@click.command(cls=BatchCommand, short_help="Build the image of a project, and push it.")
@click.option("--push", is_flag=True, help="Push it to image_repository of aws_batch.yml, unless its tag is there.")
@click.option(
    "--tag",
    default=None,
    metavar="TAG",
    callback=_check_tag,
    help="Its tag. Default: the commit, or COMMIT-dirty-TIME if files are not committed.",
)
@click.option(
    "--engine",
    type=click.Choice(["docker", "podman"]),
    default=None,
    help="What builds and pushes. Default: docker, or podman if there is no docker.",
)
@project_options
@verbosity_options
@click.argument(
    "docker_args", metavar="[-- DOCKER_ARGS]", nargs=-1, type=click.UNPROCESSED, callback=_check_docker_args
)
@click.pass_context
def image(context: click.Context, /, push: bool, docker_args: tuple[str, ...], quiet: bool, **flags: Any) -> None:
    """Build the image of the project by its Dockerfile, with docker or podman; --push pushes it.

    DOCKER_ARGS, behind --, are passed to `docker build`. Standard output holds the name of the image alone: by digest
    if it is pushed. The digest is written into aws_batch.yml, where that declares the job definition.
    """
    from uuid import uuid4

    from kedro_batch.cli.engine_runs import build_image, push_image, refuse_missing_dockerfile
    from kedro_batch.compiler.project.project_folder import find_project
    from kedro_batch.image.engine import Build, find_engine
    from kedro_batch.image.settings_file import find_platform, write_image

    with reserve_stdout() as stdout:
        root = find_project(flags["project"])
        settings = open_settings(root, flags["env"], _other_command(context, "init"))
        deploy = _other_command(context, "infra deploy")
        repository = _open_repository(settings, deploy) if push else None
        reference, labels = _name_image(settings, root, flags["tag"])
        digest = repository and _find_pushed(repository, reference)
        if digest:
            _say(f"{reference} is there already: nothing was built or pushed. For another image: --tag TAG", quiet)
        else:
            build = Build(
                root=root,
                reference=reference,
                platform=find_platform(settings),
                labels=labels,
                proof=f"kedro-batch-build:{uuid4().hex}",
                given=docker_args,
            )
            refuse_missing_dockerfile(build, _other_command(context, "init"), _with_words)
            engine = find_engine(flags["engine"])
            build_image(engine, build, _with_words, quiet=quiet)
            digest = repository and push_image(engine, repository, reference, quiet=quiet)
        result = f"{reference.rpartition(':')[0]}@{digest}" if digest else reference
        stdout.write(f"{result}\n".encode())
        stdout.flush()
        if digest:  # the file is written last: what was pushed is told even where that fails
            place = write_image(settings, result)
            _say(_explain_place(place, settings, result, _compile_command(context, root), deploy), quiet)
        else:
            _say(f"Built {reference}. To build and push: {_again('--push')}", quiet)


def _say(text: str, quiet: bool) -> None:
    if not quiet:
        print_note(for_terminal(text))


def _open_repository(settings: "ProjectSettings", deploy: str) -> "Repository":
    """Return the repository of the settings.

    Args:
        settings: The settings.
        deploy: The command that creates one.

    Raises:
        ConfigError: They name none.
        UsageError: It is in AWS, and the account or the region of the shell are not those of the settings.
        ServiceError: There are no credentials for AWS.
    """
    name = settings.settings.image_repository
    if name is None:
        raise ConfigError(
            f"{settings.shown} does not say where images are pushed. Create a repository: {deploy} "
            "(it writes `image_repository` there). Or name one that you have: image_repository: HOST/NAME"
        )
    from kedro_batch.cli.terminal_prompt import ask_hidden
    from kedro_batch.cloud.account import Account
    from kedro_batch.cloud.images import find_ecr_image
    from kedro_batch.image.ecr_repository import EcrRepository
    from kedro_batch.image.registry import OtherRepository

    in_ecr = find_ecr_image(name)
    if in_ecr is None:
        return OtherRepository(name)
    open_clients(settings)
    return EcrRepository(in_ecr, Account(region=in_ecr.region, ask=ask_hidden), deploy)


def _name_image(settings: "ProjectSettings", root: Path, tag: str | None) -> tuple[str, tuple[str, ...]]:
    """Return the reference of the image with its tag, and its labels. Warns if no commit has what is in it.

    Raises:
        UsageError: It cannot be called so, or git refuses to read its repository.
    """
    from datetime import UTC, datetime

    from kedro_batch.image.commit import read_commit
    from kedro_batch.image.engine import REVISION_LABEL
    from kedro_batch.image.settings_file import without_own_change
    from kedro_batch.plan.image_reference import parse_image

    labels: tuple[str, ...] = ()
    if tag is None:
        commit = without_own_change(read_commit(root), settings, root)
        tag = commit.tag(datetime.now(UTC))
        if commit.is_clean:
            labels = (f"{REVISION_LABEL}={commit.revision}",)
        elif commit.revision:
            files = for_terminal(listed(commit.changed, _NAMED_FILES))
            print_note(f"Warning: not committed: {files}. So the tag is {tag}. Commit first if others use the image.")
        else:
            print_plainly(f"Warning: {commit.missing}, so the tag is {tag}. Commit first if others use the image.")
    try:
        return str(parse_image(f"{settings.settings.image_repository or settings.project}:{tag}")), labels
    except ValueError as error:
        raise UsageError(f"{error}. Set `image_repository` in {settings.shown}") from error


def _find_pushed(repository: "Repository", reference: str) -> str | None:
    """Return the digest of an image if it was pushed before.

    Raises:
        ServiceError: That is not known, and a push would fail too.
    """
    try:
        return repository.find_digest(reference.rpartition(":")[2])
    except ServiceError as error:
        if repository.must_answer:
            raise
        print_note(for_terminal(f"Note: whether {reference} is there already is not known: {error.problem}."))
        return None


def _explain_place(place: "Place", settings: "ProjectSettings", image: str, compile_plan: str, deploy: str) -> str:
    """Return how jobs get an image that was pushed, and the command that comes next."""
    from kedro_batch.image.settings_file import Place

    named = settings.settings.defaults.settings.job_definition
    command = f"\n\n    {compile_plan}\n"
    match place:
        case Place.WRITTEN:
            return f"Wrote it into {settings.shown}: job_definition.image. Compile, and commit both:{command}"
        case Place.UNCHANGED:
            return f"{settings.shown} has it already: job_definition.image. Next:{command}"
        case Place.ELSEWHERE:
            command = f"\n\n    {compile_plan} --image {image}\n"
            return (
                f"Nothing was written: another file than {settings.shown} declares the job definition. Next:{command}"
            )
        case Place.OWN_CONTAINERS:
            return (
                f"Nothing was written: the definition in {settings.shown} has containers of its own. Write the image "
                f"where it belongs there, then:{command}"
            )
        case Place.ON_AWS:
            return (
                f"Nothing was written: {settings.shown} only names the job definition {named}, and its image is set on "
                f"AWS. {deploy} declares a definition there; without it, register a revision of "
                f"{named} that has this image. Then:{command}"
            )
        case Place.NOWHERE:
            return (
                f"Nothing was written: there is no job definition in {settings.shown}. {deploy} writes "
                f"one; or write `job_definition: {{name: NAME, image: {image}}}` there. Then:{command}"
            )
    assert_never(place)


def _compile_command(context: click.Context, root: Path) -> str:
    """Return the command that comes next, from the same folder."""
    given = [word for word in ("--project", str(context.params["project"])) if context.params["project"] != Path()]
    words = ["compile", *given, "--env", context.params["env"], "-o", os.path.relpath(root / "plan.yaml")]
    return f"{_program(context)} {shlex.join(words)}"


def _again(*options: str, behind_dashes: tuple[str, ...] = ()) -> str:
    """Return the command line that is carried out with more words, without secrets."""
    from kedro_batch.image.engine import hide_build_args

    return shlex.join(hide_build_args(shlex.split(command_with(*options, behind_dashes=behind_dashes))))


def _with_words(*words: str) -> str:
    return _again(behind_dashes=words)


def _other_command(context: click.Context, words: str) -> str:
    return command_for(_program(context), words, context.params)


def _program(context: click.Context) -> str:
    return context.command_path.removesuffix(f" {context.info_name}")

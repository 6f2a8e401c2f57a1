"""Runs the builds and pushes of a container engine, which writes to standard error, and judges how they ended."""

import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from kedro_batch.cli.base import print_note
from kedro_batch.cli.child_process import run_child
from kedro_batch.errors import Interrupted, ProjectError, ServiceError
from kedro_batch.image.engine import DOCKERFILE, Build, Engine, find_digest_in, hide_build_args
from kedro_batch.image.repository import Repository
from kedro_batch.text.escaping import for_terminal

_STDERR = 2


def build_image(engine: Engine, build: Build, again: Callable[..., str], *, quiet: bool) -> None:
    """Build the image of a project; show the output, or if ``quiet`` only that of a build that fails.

    Args:
        engine: What builds it.
        build: The project.
        again: Returns our own command line with more words for the engine.
        quiet: Show nothing of a build that ends well.

    Raises:
        ProjectError: The build failed, or made no image that the jobs can run.
    """
    reference, platform = build.reference, build.platform
    try:
        code, _ = _run(engine.build(build), None, quiet=quiet)
        built = None if code else engine.find_platform(build.proof)
    finally:
        engine.remove_name(build.proof)
    if code:
        raise ProjectError(f"the build failed: {engine.name} says above why, and ended with exit code {code}")
    if built is None:
        raise ProjectError(
            f"the build ended well, and {engine.name} did not get the image: its builder keeps it for itself. With "
            f"buildx, add --load: {again('--load')}"
        )
    if built != platform and not build.has_own_platform:
        raise ProjectError(
            f"{reference} is for {built}, and the jobs run on {platform}. The base image is for {built} only, or this "
            "builder does not heed --platform: use another base image, or BuildKit (docker buildx). If the jobs are to "
            f"run on {built}: {again('--platform', built)}"
        )


def refuse_missing_dockerfile(build: Build, init: str, again: Callable[..., str]) -> None:
    """Refuse to build without a Dockerfile.

    Args:
        build: What is to be built.
        init: The command that writes one.
        again: Returns our own command line with more words for the engine.

    Raises:
        ProjectError: The project has none, and the user names none.
    """
    if not build.has_own_file and not (build.root / DOCKERFILE).is_file():
        raise ProjectError(
            f"there is no {DOCKERFILE} in {build.root}. Write one: {init}. Or name yours: {again('--file', 'FILE')}"
        )


def push_image(engine: Engine, repository: Repository, reference: str, *, quiet: bool) -> str:
    """Push an image, and return its digest.

    Raises:
        ServiceError: The login or the push was refused, or nobody tells the digest.
    """
    tag = reference.rpartition(":")[2]
    with repository.ready_to_push() as env, TemporaryDirectory(prefix="kedro-batch-push-") as folder:
        file = Path(folder) / "digest"
        code, output = _run(engine.push(reference, file), env, quiet=quiet, keep=True)
        digest = (file.read_text(encoding="utf-8").strip() if file.exists() else "") or find_digest_in(output)
    if code:
        with suppress(ServiceError):
            if there := repository.find_digest(tag):
                print_note(f"{reference} is there: somebody else has pushed it in the meantime, and it stays as it is.")
                return there
        raise ServiceError(
            f"the push failed: {engine.name} says above why, and ended with exit code {code}", remedy=repository.remedy
        )
    digest = digest or repository.find_digest(tag)
    if not digest:
        raise ServiceError(f"{reference} was pushed, and the repository does not have it")
    return digest


def _run(
    command: Sequence[str], env: Mapping[str, str] | None, *, quiet: bool, keep: bool = False
) -> tuple[int, bytes]:
    """Run an engine, and return its exit code and, if asked to keep it, what it wrote to its standard output.

    Without ``keep`` and ``quiet``, the engine has standard error for itself, and shows its progress on a terminal.

    Raises:
        Interrupted: A signal came; the engine has had it, and has ended.
    """
    lines: list[bytes] = []

    def take(line: bytes) -> None:
        lines.append(line)
        if not quiet:
            _show(line)

    if not quiet:
        print_note(f"$ {for_terminal(shlex.join([Path(command[0]).name, *hide_build_args(command[1:])]))}")
    ended = run_child(command, env=env, take=take if keep or quiet else None, take_errors=quiet)
    if ended.interrupted_by is not None:
        raise Interrupted(ended.interrupted_by)
    if ended.code and quiet:
        _show(b"".join(lines))
    return ended.code, b"".join(lines)


def _show(output: bytes) -> None:
    """Write what an engine wrote; where that fails, the command goes on."""
    with suppress(OSError):
        os.write(_STDERR, output)

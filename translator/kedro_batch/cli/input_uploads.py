"""The local inputs of a project that its jobs look for on S3: their commands for the AWS CLI, and their upload."""

import os
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kedro_batch.cli.base import print_note
from kedro_batch.cli.project_options import open_clients
from kedro_batch.compiler.catalog_on_s3 import LocalInput
from kedro_batch.compiler.data.s3_folder import S3Folder
from kedro_batch.compiler.project_settings import ProjectSettings
from kedro_batch.errors import UsageError
from kedro_batch.scaffold.choices import DEFAULT_ENV
from kedro_batch.scaffold.file_changes import read_existing
from kedro_batch.scaffold.init_files import INFRASTRUCTURE
from kedro_batch.scaffold.written_choices import read_choices
from kedro_batch.text.escaping import for_terminal
from kedro_batch.text.wording import counted

if TYPE_CHECKING:
    from kedro_batch.cloud.uploads import Upload

_WILD = re.compile(r"[*?\[]")


def upload_commands(inputs: Sequence[LocalInput], folder: S3Folder, root: Path) -> Iterator[str]:
    """Yield a command of the AWS CLI for each input, for the working directory; optional ones only if they are here."""
    for one in inputs:
        place = _place(one, root)
        words = ["aws", "s3", "cp"]
        url = folder.url(one.key)
        if _WILD.search(one.path) and not place.exists():
            outer, inner = _split_wild(one.path)
            url = folder.url(one.key.removesuffix(inner).rstrip("/"))
            yield shlex.join([*words, "--recursive", _shown(root / outer), url, "--exclude", "*", "--include", inner])
        elif place.exists():
            yield shlex.join([*words, *(["--recursive"] if place.is_dir() else []), _shown(place), url])
        elif one.needed:
            yield f"{shlex.join([*words, _shown(place), url])}  # {one.dataset} is not on this machine"


def upload_inputs(
    inputs: Sequence[LocalInput], folder: S3Folder, root: Path, settings: ProjectSettings, *, quiet: bool
) -> None:
    """Upload the inputs, with a line for each file.

    Args:
        inputs: The inputs.
        folder: Where to.
        root: The folder of the project.
        settings: Its settings, which may name an account and a region.
        quiet: Say nothing of single files.

    Raises:
        UsageError: Inputs are not on this machine, or the shell's account or region is another one.
        ServiceError: AWS refused, or did not answer.
    """
    found = {one: list(_find_files(one, folder, root)) for one in inputs}
    if missing := [f"{one.dataset} ({one.path})" for one, uploads in found.items() if one.needed and not uploads]:
        are = "is" if len(missing) == 1 else "are"
        raise UsageError(
            f"nothing was uploaded: {counted(len(missing), 'input')} of the jobs {are} not here: "
            f"{', '.join(missing)}. Put the files there, or copy them to {folder} from where they are"
        )
    from kedro_batch.cloud.uploads import upload_file  # noqa: PLC0415  it loads boto3, which is slow

    try:
        clients = open_clients(settings)
    except UsageError as error:
        instead = "The catalog is written, and nothing was uploaded. "
        raise UsageError(str(error).replace("Nothing was changed. ", instead)) from error
    make_bucket = _make_bucket_command(folder, root)
    for upload in (upload for uploads in found.values() for upload in uploads):
        sent = upload_file(clients, upload, make_bucket=make_bucket)
        if not quiet:
            print_note(
                for_terminal(f"{'uploaded' if sent else 'already there:'} {_shown(upload.file)} to {upload.url}")
            )


def _make_bucket_command(folder: S3Folder, root: Path) -> str:
    """Return how to make the bucket: the project's template cannot create it where somebody has made it by hand."""
    choices = read_choices(read_existing(root, INFRASTRUCTURE) or "") or {}
    if choices.get("bucket") != folder.bucket or choices.get("create_bucket") is not True:
        return f"aws s3 mb s3://{folder.bucket}"
    env = choices.get("env", DEFAULT_ENV)
    return "kedro-batch infra deploy" + ("" if env == DEFAULT_ENV else f" --env={shlex.quote(str(env))}")


def _find_files(one: LocalInput, folder: S3Folder, root: Path) -> Iterator["Upload"]:
    """Yield the files of an input, sorted: a folder has all that is below it."""
    from kedro_batch.cloud.uploads import Upload  # noqa: PLC0415  it loads boto3, which is slow

    place, key = _place(one, root), one.key
    matches = [place]
    if _WILD.search(one.path) and not place.exists():
        outer, inner = _split_wild(one.path)
        place, key = root / outer, one.key.removesuffix(inner).rstrip("/")
        matches = sorted(place.glob(inner))
    for match in matches:
        for file in sorted(match.rglob("*")) if match.is_dir() else [match]:
            if file.is_file():
                below = "" if file == place else file.relative_to(place).as_posix()
                url = folder.url("/".join(part for part in (key, below) if part))
                yield Upload(file=file, bucket=folder.bucket, key=url.removeprefix(f"s3://{folder.bucket}/"))


def _place(one: LocalInput, root: Path) -> Path:
    return root / Path(one.path).expanduser()


def _split_wild(path: str) -> tuple[str, str]:
    """Return the folder before the first wildcard, and the pattern below it."""
    outer = _WILD.split(path, maxsplit=1)[0].rpartition("/")[0]
    return outer, path[len(outer) :].lstrip("/")


def _shown(place: Path) -> str:
    """Return a path from the working directory if it is in there."""
    shown = os.path.relpath(place) if place.is_relative_to(Path.cwd()) else str(place)
    return f"./{shown}" if shown.startswith("-") else shown

"""Finds the choices of ``init``: those of the command line, else those of last time, else what git tells, else asks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from kedro_batch.cli.project_options import can_ask
from kedro_batch.cli.questions import ask, ask_whether
from kedro_batch.errors import UsageError
from kedro_batch.plan.settings import Platform
from kedro_batch.scaffold.choices import DEFAULT_ENV, Choices, Forge
from kedro_batch.scaffold.git_remote import GitFacts, is_branch, is_repository, read_remote
from kedro_batch.scaffold.s3_folder import read_s3_folder

_T = TypeVar("_T")
_NOTHING_WRITTEN = "Nothing was written"
_NO_ANSWER = f"there was no answer. {_NOTHING_WRITTEN}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What is known before anything is asked.

    Attributes:
        project: The package name of the project.
        env: The environment.
        options: The options of the command line, by name; None for those that were not typed.
        known: The choices of last time, by name.
        git: What git tells.
        needs_bucket: A file is written that names the bucket.
    """

    project: str
    env: str
    options: Mapping[str, Any]
    known: Mapping[str, Any]
    git: GitFacts
    needs_bucket: bool

    def first(self, name: str, default: _T) -> _T:
        """Return an option, or what it was last time, or a default; of last time, only what has the right type."""
        typed = self.options.get(name)
        known = self.known.get(name)
        return typed if typed is not None else known if isinstance(known, type(default)) else default


def find_choices(given: Given) -> Choices:
    """Find all choices; what nobody knows is asked on a terminal.

    Raises:
        UsageError: A choice is missing or wrong, and there is no terminal to ask on; or nobody answered.
    """
    forge = _find_forge(given)
    bucket, prefix, create_bucket = _find_bucket(given)
    return Choices(
        project=given.project,
        env=given.env,
        bucket=bucket,
        prefix=_own_folder(given) if prefix is None else prefix,
        create_bucket=create_bucket,
        create_network=given.first("create_network", default=False),
        platform=_find_platform(given),
        spot=given.first("spot", default=False),
        forge=forge,
        repository=_find_repository(given, forge) if forge else None,
        branch=_find_branch(given),
    )


def _own_folder(given: Given) -> str:
    """Return a folder that no other project and no other environment takes by default: they would mix their data."""
    return given.project if given.env == DEFAULT_ENV else f"{given.project}-{given.env}"


def _find_platform(given: Given) -> Platform:
    name = given.first("platform", str(Platform.FARGATE))
    return Platform(name) if name in {*Platform} else Platform.FARGATE


def _find_forge(given: Given) -> Forge | None:
    github, gitlab = given.options.get("github"), given.options.get("gitlab")
    if github and gitlab:
        raise UsageError(f"--github and --gitlab cannot go together. {_NOTHING_WRITTEN}")
    if github or gitlab:
        return Forge.GITHUB if github else Forge.GITLAB
    known = given.known.get("forge")
    if known in {*Forge}:
        return Forge(str(known))
    for option in ("repository", "branch"):
        if given.options.get(option) is not None:
            raise UsageError(f"--{option} needs --github or --gitlab, whose workflows it is for. {_NOTHING_WRITTEN}")
    return None


def _find_bucket(given: Given) -> tuple[str, str | None, bool]:
    """Return the bucket, the folder in it if one is named, and whether the bucket is to be created."""
    typed, create = given.options.get("bucket"), given.options.get("create_bucket")
    prefix = given.options.get("prefix")
    known, folder = given.known.get("bucket"), given.known.get("prefix")
    if typed is not None:
        try:
            bucket, named = read_s3_folder(typed, prefix)
        except ValueError as error:
            raise UsageError(f"--bucket: {error}. {_NOTHING_WRITTEN}") from error
        known_create = bool(given.known.get("create_bucket")) and bucket == known
    elif isinstance(known, str) and known:
        bucket, named = _read_known(known, prefix)
        known_create = bool(given.known.get("create_bucket"))
    elif not given.needs_bucket:
        return "", prefix, bool(create)
    else:
        _refuse_silence(
            "the S3 bucket for the project's data is missing. If it exists: --bucket NAME. If `kedro-batch infra "
            "deploy` is to create it: --bucket NAME --create-bucket"
        )
        bucket, named = _ask(
            "S3 bucket for the data (NAME or s3://NAME/FOLDER)", lambda text: read_s3_folder(text, prefix)
        )
        known_create = False if create is not None else not _confirm(f"Does the bucket {bucket} exist already?")
    if named is None and isinstance(folder, str):
        named = folder
    return bucket, named, known_create if create is None else create


def _read_known(bucket: str, prefix: str | None) -> tuple[str, str | None]:
    try:
        return read_s3_folder(bucket, prefix)
    except ValueError as error:
        where = "--prefix" if prefix is not None else "the bucket in infrastructure.yml"
        raise UsageError(f"{where}: {error}. {_NOTHING_WRITTEN}") from error


def _find_repository(given: Given, forge: Forge) -> str:
    typed = given.options.get("repository")
    if typed is not None:
        try:
            return _read_repository(typed, forge)
        except ValueError as error:
            raise UsageError(f"--repository: {error}. {_NOTHING_WRITTEN}") from error
    known = given.known.get("repository") if given.known.get("forge") == forge else None
    if isinstance(known, str) and is_repository(forge, known):
        return known
    remote = read_remote(given.git.remote) if given.git.remote else None
    if remote and remote[0] is forge:
        return remote[1]
    origin = "there is no git remote origin" if not given.git.remote else "the git remote origin is not there"
    _refuse_silence(f"the repository on {forge}.com is not known: {origin}. Name it: --repository {_example(forge)}")
    return _ask(f"Repository on {forge}.com ({_example(forge)})", lambda text: _read_repository(text, forge))


def _read_repository(text: str, forge: Forge) -> str:
    remote = read_remote(text)
    if remote and remote[0] is forge:
        return remote[1]
    name = text.strip().strip("/")
    if not is_repository(forge, name):
        raise ValueError(f"{text!r} is not a repository of {forge}.com: write {_example(forge)}")
    return name


def _example(forge: Forge) -> str:
    return "OWNER/NAME" if forge is Forge.GITHUB else "GROUP/NAME"


def _find_branch(given: Given) -> str:
    branch = given.first("branch", given.git.branch or "main")
    if not is_branch(branch):
        raise UsageError(f"{branch!r} is not the name of a branch that a policy can name. {_NOTHING_WRITTEN}")
    return branch


def _refuse_silence(missing: str) -> None:
    if not can_ask():
        raise UsageError(f"{missing}. {_NOTHING_WRITTEN}")


def _ask(question: str, read: Callable[[str], _T]) -> _T:
    try:
        return ask(question, read)
    except EOFError as error:
        raise UsageError(_NO_ANSWER) from error


def _confirm(question: str) -> bool:
    try:
        return ask_whether(question)
    except EOFError as error:
        raise UsageError(_NO_ANSWER) from error

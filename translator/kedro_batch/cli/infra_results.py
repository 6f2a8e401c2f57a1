"""Writes what was deployed into ``conf/ENV/aws_batch.yml``, and says what to do next."""

import difflib
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

import click

from kedro_batch.cli.infra_session import Session
from kedro_batch.cloud.infrastructure.results import Results, read_results
from kedro_batch.cloud.infrastructure.stacks import Stack
from kedro_batch.compiler.settings.declared_definitions import declared_in, has_own_containers
from kedro_batch.errors import Interrupted, ServiceError, UsageError
from kedro_batch.files.atomic_write import write_bytes
from kedro_batch.files.yaml_editor import with_values
from kedro_batch.files.yaml_reader import parse
from kedro_batch.text.escaping import for_terminal


def check_file(session: Session) -> None:
    """Refuse settings that could not be written, before anything is changed on AWS.

    Raises:
        UsageError: The file cannot be read or written.
        ConfigError: It cannot be changed.
    """
    with_values(_read(session), {"region": session.clients.region}, session.settings.shown)
    folder = session.settings.file.parent
    if not os.access(folder, os.W_OK):
        raise UsageError(
            f"cannot write {session.settings.shown}: its folder may not be written to. Nothing was changed"
        )


def write_results(session: Session, stack: Stack) -> None:
    """Write queue, repository and job definition of a stack into the settings of the environment, and print them.

    Comments and all other settings stay as they are.

    Raises:
        ServiceError: AWS does not tell what the stack has.
        UsageError: The file cannot be read or written.
        ConfigError: It cannot be changed.
    """
    try:
        _write(session, stack)
    except (ServiceError, Interrupted, UsageError):
        session.warn(
            f"The stack {stack.name} is deployed, and {session.settings.shown} does not name all of it yet. "
            f"To write it there: {session.command('infra deploy')}"
        )
        raise


def _write(session: Session, stack: Stack) -> None:
    results = read_results(session.clients, stack)
    shown = session.settings.shown
    old = _read(session)
    own = parse(old.encode(), shown).value
    values = _values(session, results, own if isinstance(own, dict) else {})
    new = with_values(old, values, shown)
    for logical_id in results.missing:
        session.warn(
            f"The stack {stack.name} has no {logical_id}: what {shown} says of it stays. The template has another name "
            "for it, or none of it"
        )
    if new == old:
        click.echo(for_terminal(f"{shown} has all of it already"))
    else:
        write_bytes(session.settings.file, new.encode(), shown, session.settings.root)
        click.echo(for_terminal(f"wrote {shown}"))
        if not session.flags["quiet"]:
            for line in _changed_lines(old, new):
                click.echo(for_terminal(f"  {line}"))
    _say_what_is_next(session, results, values)


def _read(session: Session) -> str:
    file = session.settings.file
    try:
        return file.read_bytes().decode() if file.exists() else ""  # with the ends of lines as they are
    except OSError as error:
        raise UsageError(f"cannot read {session.settings.shown}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"cannot read {session.settings.shown}: it is not UTF-8") from error


def _values(session: Session, results: Results, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the settings are to have; what the stack does not have is left out."""
    values: dict[str, Any] = {
        "account": session.clients.identity.account,
        "region": session.clients.region,
        "job_queue": results.job_queue,
        "image_repository": results.image_repository,
    }
    inherited = {} if "job_definition" in own else session.settings.settings.defaults.stated
    where = "the aws_batch.yml of the base environment" if inherited else session.settings.shown
    named = {**inherited, **own}.get("job_definition")
    # Kedro does not merge the definition of an environment over that of all: what stands there is taken along.
    above = declared_in(inherited) or {}
    before = declared_in(own) or above
    if isinstance(named, str) and named != results.job_definition:
        session.note(
            f"{where} names the job definition {named}, and that stays. To declare the one of the stack in "
            f"{session.settings.shown}, write `job_definition: {results.job_definition}` there and deploy again"
        )
    elif has_own_containers(before):
        fields = ", ".join(f"{name}: {json.dumps(value)}" for name, value in results.declared.items())
        session.note(
            f"{where} declares a job definition with containers of its own, and that stays. Give them by hand what "
            f"they need of the stack: {fields}"
        )
    elif results.job_definition:
        declared = {**above, **results.declared}
        if "platform" in session.settings.settings.defaults.stated:  # it may stand in one of two places, not in both
            values["platform"] = declared.pop("platform", None)
        image = session.image or before.get("image")
        values["job_definition"] = {
            "name": before.get("name") or results.job_definition,
            **({"image": image} if image else {}),
            **declared,
        }
    return {name: value for name, value in values.items() if value is not None}


def _changed_lines(old: str, new: str) -> Iterator[str]:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm="")
    return (line for line in list(lines)[2:] if not line.startswith("@@"))


def _say_what_is_next(session: Session, results: Results, values: Mapping[str, Any]) -> None:
    if results.submitter_role:
        session.note(
            "Workflows submit as a role of their own. Give them these variables (GitHub: Settings, Secrets and "
            "variables, Actions, Variables; GitLab: Settings, CI/CD, Variables):\n"
            f"  KEDRO_BATCH_ROLE={results.submitter_role}\n  AWS_REGION={session.clients.region}"
        )
    definition = values.get("job_definition") or {}
    if not definition:
        return
    if "image" in definition:
        env = session.flags["env"]
        session.note(f"Next: {session.program} compile --env {env} -o plan.yaml")
    else:
        session.note(f"The jobs have no image yet. Next: {session.command('image --push')}")

"""``kedro-batch doctor``: what would keep a plan from running in the account that the shell gives."""

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

import click
from click.core import ParameterSource

from kedro_batch.cli.base import BatchCommand, is_plain, print_diagnostics, verbosity_options
from kedro_batch.cli.compile_command import compile_
from kedro_batch.cli.json_diagnostics import refusal_as_json
from kedro_batch.cli.options import json_option
from kedro_batch.cli.plan_source import read_source
from kedro_batch.cli.streams import reserve_stdout
from kedro_batch.errors import Refused, ServiceError
from kedro_batch.text.wording import counted, listed

if TYPE_CHECKING:
    from kedro_batch.cloud.account import Account
    from kedro_batch.cloud.checks.finding import Finding
    from kedro_batch.cloud.checks.subject import Subject
    from kedro_batch.compiler.compilation import Compilation

_ABOUT_OUTPUT = {"output", "check", "strict", "explain", "as_json", "quiet", "verbose", "no_color"}
_ABOUT_OUTPUT |= {"write_catalog", "force", "upload"}
"""Options of compile that say what to do with the plan: here they have another meaning, or none."""
_COMPILING = [option for option in compile_.params if option.name not in _ABOUT_OUTPUT]
"""Those that say what to compile."""
_REASONS = 2
"""So many reasons are named why a project around a plan does not compile."""
_COLOURS = {"pass": "green", "warning": "yellow", "failure": "red", "skipped": "cyan"}


@click.command(cls=BatchCommand, short_help="Check the AWS account that a plan needs, read-only.")
@click.argument("plan", required=False)
@json_option("Print the findings as JSON (schemas/doctor.schema.json).")
@verbosity_options
@click.pass_context
def doctor(context: click.Context, /, plan: str | None, **flags: Any) -> None:
    """Check what PLAN needs of the AWS account that the shell gives; nothing is changed there.

    Without PLAN, the project is compiled in memory, with the options of compile. In a project, its data and its
    packages are checked too. PLAN is a file, - for standard input, or REV:PATH for a revision in git.

    Exit code 5 if a check fails, also after warnings 0. A missing permission to look is a warning.
    """
    from kedro_batch.cli.terminal_prompt import ask_hidden
    from kedro_batch.cloud.account import Account

    with reserve_stdout() as stdout:
        with refusal_as_json(stdout if flags["as_json"] else None):
            subject = _find_subject(context, plan, {**flags, "strict": False})
        account = Account(region=subject.plan.region, ask=ask_hidden)
        found = list(_checked(subject, account, stdout, flags))
        if flags["as_json"]:
            _write_json(stdout, found, subject, account, plan)
        else:
            from kedro_batch.review.findings import summary_line

            stdout.write(f"{'' if flags['quiet'] else chr(10)}{summary_line(found)}\n".encode())
    failures = [one for one in found if one.status == "failure"]
    if failures:
        raise ServiceError(f"{counted(len(failures), 'check')} failed")


doctor.params[1:1] = _COMPILING


def _find_subject(context: click.Context, plan: str | None, flags: dict[str, Any]) -> "Subject":
    """Read or compile the plan, and find out what its project knows.

    Raises:
        Refused: The plan is wrong, or the project cannot be compiled.
    """
    from kedro_batch.cli.project_facts import find_project_facts
    from kedro_batch.cloud.checks.subject import Subject
    from kedro_batch.compiler.project.project_folder import enclosing_project
    from kedro_batch.plan.reader import read_plan

    if plan is None:
        compilation = _compile(context, flags)
        return Subject(plan=compilation.plan, project=find_project_facts(compilation), in_memory=True)
    given = _given(context)
    about_plan = [option.opts[-1] for name, option in given.items() if name not in ("project", "env")]
    if about_plan:
        raise click.UsageError(f"PLAN is compiled already: leave it out, or leave out {', '.join(about_plan)}")
    ready = read_plan(*read_source(plan))
    if enclosing_project(flags["project"]) is None and not given:
        return Subject(plan=ready)
    try:
        around = _compile(context, {**flags, "env": flags["env"] or ready.env, "pipelines": ready.pipelines})
    except Refused as error:
        if given:  # a project or its environment was named, so there must be one
            raise
        return Subject(plan=ready, project_problem=_first_reasons(error))
    return Subject(plan=ready, project=find_project_facts(around))


def _given(context: click.Context) -> dict[str, click.Parameter]:
    """Return the options about compiling that were typed, by name."""
    options = {str(option.name): option for option in _COMPILING}
    return {
        name: option
        for name, option in options.items()
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }


def _first_reasons(error: Refused) -> str:
    reasons = listed(map(str, error.diagnostics), most=_REASONS, separator="; ")
    return f"{error.headline} {reasons}".strip()


def _compile(context: click.Context, flags: dict[str, Any]) -> "Compilation":
    from kedro_batch.cli.project_compilation import compile_from_flags

    compilation = compile_from_flags(context, flags["project"], flags)
    compilation.refuse_errors()
    if flags["verbose"]:
        print_diagnostics(compilation.diagnostics, every=True, no_color=flags["no_color"])
    return compilation


def _checked(subject: "Subject", account: "Account", stdout: BinaryIO, flags: dict[str, Any]) -> Iterator["Finding"]:
    """Run the checks, and write a line for each finding as soon as it is there."""
    from kedro_batch.cloud.doctor import run_checks

    for finding in run_checks(subject, account):
        if not flags["as_json"] and not (flags["quiet"] and finding.status != "failure"):
            stdout.write(_text(finding, plain=is_plain(asked=flags["no_color"]) or not stdout.isatty()).encode())
            stdout.flush()
        yield finding


def _text(finding: "Finding", *, plain: bool) -> str:
    from kedro_batch.review.findings import MARKS, finding_lines
    from kedro_batch.text.escaping import for_terminal

    text = for_terminal("".join(f"{line}\n" for line in finding_lines(finding)))
    mark = MARKS[finding.status]
    return text if plain else click.style(mark, fg=_COLOURS[finding.status]) + text.removeprefix(mark)


def _write_json(
    stdout: BinaryIO, found: list["Finding"], subject: "Subject", account: "Account", plan: str | None
) -> None:
    from kedro_batch.files.json_text import encoded
    from kedro_batch.plan.digest import plan_digest
    from kedro_batch.review.findings import findings_document

    identity, region = account.known_identity, None
    with suppress(ServiceError):  # a finding tells it
        region = account.region
    document = findings_document(
        found,
        plan=plan,
        digest=plan_digest(subject.plan),
        region=region,
        account=identity.account if identity else None,
    )
    stdout.write(encoded(document, indent=2).encode("utf-8") + b"\n")

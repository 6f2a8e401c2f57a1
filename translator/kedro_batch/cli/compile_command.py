"""``kedro-batch compile``: writes the plan, compares it with a file, or explains a job."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from kedro_batch.cli.base import BatchCommand, print_diagnostics, print_note, shown_if, verbosity_options
from kedro_batch.cli.inside_kedro import INSIDE_KEDRO
from kedro_batch.cli.json_diagnostics import refusal_as_json, write_diagnostics
from kedro_batch.cli.selection_options import selection_options
from kedro_batch.cli.streams import is_standard_output, reserve_stdout
from kedro_batch.errors import UsageError

if TYPE_CHECKING:
    from kedro_batch.compiler.compilation import Compilation
    from kedro_batch.compiler.data.s3_folder import S3Folder
    from kedro_batch.plan.model import Plan


def _split_groupings(_: click.Context, __: click.Parameter, text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(name.strip() for name in text.split(",") if name.strip())


def _check_folder(_: click.Context, __: click.Parameter, text: str | None) -> "S3Folder | None":
    from kedro_batch.compiler.data.s3_folder import parse_s3_folder

    try:
        return None if text is None else parse_s3_folder(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _check_image(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
    from kedro_batch.plan.image_reference import parse_image

    try:
        return None if text is None else str(parse_image(text))
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command(name="compile", cls=BatchCommand, short_help="Write the plan of a Kedro project.")
@click.option("-o", "--output", default=None, metavar="FILE", help="Write the plan there; - is standard output.")
@click.option(
    "--check",
    default=None,
    metavar="FILE",
    help="Write nothing; exit 3 if the plan in FILE is out of date.",
)
@click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="The Kedro project, or a folder in it. Default: the working directory.",
)
@selection_options
@click.option(
    "--group-by",
    default=None,
    callback=_split_groupings,
    metavar="GROUPING,...",
    help="How nodes become jobs: none, namespace, namespace:DEPTH, tag:PREFIX, chain, memory.",
)
@click.option(
    "--image",
    default=None,
    callback=_check_image,
    metavar="REF",
    help="The image of the job definition that aws_batch.yml declares, best by digest: repository@sha256:...",
)
@click.option(
    "--resolve-image",
    is_flag=True,
    help="Write the images of declared job definitions by digest, asking Amazon ECR for those of their tags.",
)
@click.option("--strict", is_flag=True, help="Turn warnings into errors, such as data on local paths.")
@click.option(
    "--explain", default=None, metavar="JOB", help="Print where each setting of a job comes from, not the plan."
)
@click.option(
    "--write-catalog",
    default=None,
    callback=_check_folder,
    metavar="s3://BUCKET/PREFIX",
    help="Write catalog entries that put there what jobs cannot share; no plan. Needs --env.",
)
@click.option("--force", is_flag=True, help="With --write-catalog: overwrite its file if it differs.")
@click.option("--upload", is_flag=True, help="With --write-catalog: upload the local inputs.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print all diagnostics as JSON, not the plan; -o and --check work as without it.",
)
@verbosity_options
@click.pass_context
def compile_(context: click.Context, /, output: str | None, check: str | None, project: Path, **flags: Any) -> None:
    """Compile a Kedro project into a plan of AWS Batch jobs, one for each node or group of nodes.

    Works offline and without credentials, but for --resolve-image and --upload. Standard output holds the plan and
    nothing else. Queue, definition, resources, rules and groupings come from aws_batch.yml in the project's
    configuration. All problems are reported at once: data that a job would not find, and settings that AWS Batch would
    refuse.
    """
    from kedro_batch.cli.project_compilation import compile_from_flags

    if flags["write_catalog"] is not None:
        _write_catalog(output, check, project, flags)
        return
    to_stdout = is_standard_output(output)
    _refuse_contradictions(context, output, check, flags, to_stdout=to_stdout)
    checked = None if check is None else _read_checked(context, check)
    with _descriptor(None if to_stdout else output) as descriptor, reserve_stdout() as stdout:
        with refusal_as_json(stdout if flags["as_json"] else None):
            compilation = compile_from_flags(context, project, flags)
            if flags["explain"] is not None:
                stdout.write(_encode(_explain(compilation, flags["explain"])))
                return
            compilation.refuse_errors()
        content = _encode(_text(compilation.plan))
        _report(compilation, flags, stdout)
        if checked is not None:
            from kedro_batch.cli.plan_check import compare_with_file, update_command

            compare_with_file(*checked, content, partial(update_command, context, str(check), compilation.plan.env))
        elif descriptor is not None:
            descriptor.write(content)
        elif output is not None and not to_stdout:
            _write(output, content, compilation.plan, flags)
        elif not flags["as_json"]:
            stdout.write(content)
            stdout.flush()
            if not flags["quiet"]:
                _say_what_it_is(compilation.plan, "compiled ")


def _read_checked(context: click.Context, check: str) -> tuple[bytes, str]:
    from kedro_batch.cli.plan_check import read_checked

    return read_checked(context, check)


def _refuse_contradictions(
    context: click.Context, output: str | None, check: str | None, flags: dict[str, Any], *, to_stdout: bool
) -> None:
    if output is not None and check is not None:
        raise click.UsageError("--output and --check cannot go together")
    for name in ("force", "upload"):
        if flags[name]:
            raise click.UsageError(f"--{name} goes with --write-catalog")
    if flags["explain"] is not None and (output is not None or check is not None or flags["as_json"]):
        raise click.UsageError("--explain cannot go together with --output, --check or --json")
    if check == "-" and flags["params_file"] == "-":
        raise click.UsageError("--check and --params-file cannot both read standard input")
    if output is not None and output.endswith(os.sep):
        raise click.UsageError(f"--output {output}: a file is needed, not a folder")
    if flags["as_json"] and output is not None and to_stdout:
        raise click.UsageError("--json writes the diagnostics to standard output: name a file for the plan")
    if INSIDE_KEDRO in context.meta and check is None and to_stdout:
        raise click.UsageError(
            "inside Kedro, which writes to standard output itself, the plan needs a file: "
            "kedro batch compile -o plan.yaml. To write it to standard output: kedro-batch compile"
        )


def _write_catalog(output: str | None, check: str | None, project: Path, flags: dict[str, Any]) -> None:
    """Write the catalog of an environment, and report what compiling says with it.

    Raises:
        UsageError: There is no environment, or the file exists and differs.
        ProjectError: The project has errors that no catalog takes away; the catalog is written.
    """
    from kedro_batch.cli.catalog_writing import CatalogRequest, report_and_upload, write_catalog
    from kedro_batch.cli.options import Verbosity
    from kedro_batch.cli.project_compilation import options_from_flags
    from kedro_batch.compiler.project.project_folder import find_project

    others = {"--output": output, "--check": check, "--explain": flags["explain"], "--json": flags["as_json"] or None}
    others["--resolve-image"] = flags["resolve_image"] or None
    if wrong := [name for name, given in others.items() if given is not None]:
        raise click.UsageError(f"--write-catalog writes no plan: it cannot go together with {', '.join(wrong)}")
    root = find_project(project)
    options = options_from_flags(root, flags)
    if options.env is None:
        raise click.UsageError(
            "--write-catalog needs an environment, whose folder gets the catalog: add --env=aws_batch. It may be a new "
            "one"
        )
    request = CatalogRequest(
        folder=flags["write_catalog"], force=flags["force"], upload=flags["upload"], strict=flags["strict"]
    )
    verbosity = Verbosity(**{name: flags[name] for name in ("as_json", "quiet", "verbose", "no_color")})
    with reserve_stdout():
        proposed = write_catalog(root, options, request, verbosity)
        report_and_upload(proposed, root, options, request, verbosity)


def _report(compilation: "Compilation", flags: dict[str, Any], stdout: BinaryIO) -> None:
    """Report the diagnostics: as JSON on standard output, or as text."""
    if flags["as_json"]:
        write_diagnostics(stdout, compilation.diagnostics, compilation.plan)
    else:
        print_diagnostics(
            shown_if(compilation.diagnostics, quiet=flags["quiet"]), every=flags["verbose"], no_color=flags["no_color"]
        )


def _write(file: str, content: bytes, plan: "Plan", flags: dict[str, Any]) -> None:
    """Write the plan, and say what it is and which commands lead on; programs that read JSON know that."""
    from kedro_batch.cli.compile_end import next_commands
    from kedro_batch.files.atomic_write import write_bytes

    write_bytes(Path(file), content, shown=file)
    if not flags["quiet"]:
        _say_what_it_is(plan, f"wrote {file}: ")
        if not flags["as_json"]:
            for command in next_commands(file, content):
                print_note(command)


def _say_what_it_is(plan: "Plan", before: str) -> None:
    from kedro_batch.cli.compile_end import plan_in_short

    print_note(f"{before}{plan_in_short(plan)}")


def _encode(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError("the command line or the project has names that are not UTF-8 text") from error


def _text(plan: "Plan") -> str:
    from kedro_batch.plan.writer import plan_text

    return plan_text(plan)


def _explain(compilation: "Compilation", called: str) -> str:
    from kedro_batch.compiler.compile import find_job
    from kedro_batch.compiler.explain import explain_job
    from kedro_batch.compiler.params import param_origins
    from kedro_batch.review.explanation import explanation_lines

    name = find_job(compilation, called)
    (job,) = (job for job in compilation.plan.jobs if job.name == name)
    params = param_origins(compilation.inputs.params)
    return "".join(f"{line}\n" for line in explanation_lines(job, explain_job(compilation, name), params))


@contextmanager
def _descriptor(output: str | None) -> Iterator[BinaryIO | None]:
    """Open a file named like ``/dev/fd/63`` before the descriptors are rearranged."""
    named = re.fullmatch(r"/(?:dev|proc/self)/fd/(\d+)|/dev/(stderr)", output or "")
    if named is None:
        yield None
        return
    try:
        own = os.dup(2 if named[2] else int(named[1]))
    except OSError as error:
        raise UsageError(f"cannot write {output}: {error.strerror}") from error
    with os.fdopen(own, "wb") as stream:
        yield stream

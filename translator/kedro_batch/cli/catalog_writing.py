"""``compile --write-catalog``: writes the catalog of an environment on S3, and reports what it does and does not do."""

import codecs
import difflib
import os
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from kedro_batch.cli.base import command_with, print_diagnostics, print_note, shown_if
from kedro_batch.cli.catalog_report import (
    describe_entries,
    describe_nothing,
    describe_overwritten,
    steps_to_compile,
)
from kedro_batch.cli.input_uploads import upload_commands, upload_inputs
from kedro_batch.cli.options import Verbosity
from kedro_batch.compiler.data.s3_folder import S3Folder
from kedro_batch.compiler.options import CompileOptions
from kedro_batch.compiler.project_settings import ProjectSettings
from kedro_batch.compiler.propose_catalog import ProposedCatalog, propose_catalog
from kedro_batch.diagnostics import Severity
from kedro_batch.errors import UsageError
from kedro_batch.files.atomic_write import refuse_way_out, write_bytes
from kedro_batch.text.escaping import for_terminal, one_line
from kedro_batch.text.wording import counted

_MAX_LINES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogRequest:
    """What is asked for.

    Attributes:
        folder: Where the data are to be.
        force: Overwrite a file that differs.
        upload: Upload the local inputs.
        strict: Turn the warnings that remain into errors.
        kept_unless: Keep a file that differs, and name this command, which overwrites it; None to refuse.
    """

    folder: S3Folder
    force: bool = False
    upload: bool = False
    strict: bool = False
    kept_unless: str | None = None


def write_catalog(
    root: Path, options: CompileOptions, request: CatalogRequest, verbosity: Verbosity
) -> ProposedCatalog:
    """Write the catalog, and say what was written and what was left out.

    What compiling says with this catalog is returned, not printed.

    Args:
        root: The folder of the project.
        options: The options of ``compile``, with an environment.
        request: What is asked for.
        verbosity: How much to say.

    Raises:
        UsageError: The file exists and differs, or cannot be written.
        Refused: The project cannot be loaded, or its configuration is wrong.
    """
    on_warning = None if verbosity.quiet else lambda line: print_note(for_terminal(line))
    proposed = propose_catalog(root, options, request.folder, strict=request.strict, on_warning=on_warning)
    words = [*_options_words(options), "--write-catalog", str(request.folder), "--force"]
    text = proposed.text(
        "Written by kedro-batch: what the jobs on AWS Batch share is on S3.",
        f"To write it again: {one_line(shlex.join(['kedro-batch', 'compile', *words]), None)}",
        "You may edit it. What other catalog files of this folder define is left out here: Kedro takes a key once.",
    )
    if not request.force and _differs(proposed, text):
        _refuse_or_keep(proposed, text, request)
        return proposed
    report = [*_write(proposed, root, text), *describe_entries(proposed, request.folder, every=verbosity.verbose)]
    if not verbosity.quiet:
        _print_lines(report)
    return proposed


def report_and_upload(
    proposed: ProposedCatalog, root: Path, options: CompileOptions, request: CatalogRequest, verbosity: Verbosity
) -> None:
    """Report what compiling says with a catalog that is written, upload the inputs if asked to, and say what is next.

    Args:
        proposed: The catalog.
        root: The folder of the project.
        options: Those with which it was made.
        request: What is asked for.
        verbosity: How much to say.

    Raises:
        Refused: The project has errors that no catalog takes away; nothing is uploaded.
        UsageError: Inputs to be uploaded are not here, or the shell's account or region is another one.
        ServiceError: An upload failed.
    """
    inputs, compilation = proposed.catalog.inputs, proposed.compilation
    if inputs and not request.upload and not verbosity.quiet:
        _print_lines(_how_to_upload(proposed, request.folder, root))
    if request.upload and any(one.severity is Severity.ERROR for one in compilation.diagnostics):
        print_note("nothing is uploaded before the errors are corrected")
    compilation.refuse_errors()
    told = shown_if(compilation.diagnostics, quiet=verbosity.quiet)
    print_diagnostics(told, every=verbosity.verbose, no_color=verbosity.no_color)
    if inputs and request.upload:
        upload_inputs(inputs, request.folder, root, _settings_of(proposed, root), quiet=verbosity.quiet)
    if not verbosity.quiet:
        _print_lines(_next_steps(proposed, root, options))


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        print_note(for_terminal(line))


def _how_to_upload(proposed: ProposedCatalog, folder: S3Folder, root: Path) -> Iterator[str]:
    yield "The jobs read their inputs from S3. Once the bucket is there, upload them:\n"
    yield f"    {command_with('--upload', instead_of={'--force'})}\n"
    yield "or with the AWS CLI:\n"
    for command in upload_commands(proposed.catalog.inputs, folder, root):
        yield f"    {command}"
    yield ""


def _next_steps(proposed: ProposedCatalog, root: Path, options: CompileOptions) -> Iterator[str]:
    """Yield what to do once the catalog is written; the last of it is the command that compiles."""
    if not proposed.file.parent.is_dir():
        yield f"No environment {options.env!r} was made: there is nothing to keep in it"
        return
    steps = [*steps_to_compile(proposed, root), _compile_command(root, options)]
    if len(steps) == 1:
        yield f"Next: {steps[0]}"
        return
    yield "Next:"
    yield from (f"  {number}. {step}" for number, step in enumerate(steps, 1))


def _compile_command(root: Path, options: CompileOptions) -> str:
    """Return the command that compiles the plan, for the working directory."""
    words = [] if root == Path.cwd() else [f"--project={os.path.relpath(root)}"]
    words += [*_options_words(options), *([f"--params={','.join(options.params)}"] if options.params else [])]
    words += [f"--params-file={options.params_file.name}"] if options.params_file else []
    words += ["--strict", "-o", os.path.relpath(root / "plan.yaml")]
    return shlex.join(["kedro-batch", "compile", *words])


def _options_words(options: CompileOptions) -> Iterator[str]:
    """Yield the options that choose what is compiled, in one order and without paths of this machine."""
    if options.pipelines:
        yield f"--pipelines={','.join(options.pipelines)}"
    yield f"--env={options.env}"
    if options.conf_source and not Path(options.conf_source).is_absolute():
        yield f"--conf-source={options.conf_source}"
    for flag, names in asdict(options.selection).items():
        if names:
            yield f"--{flag.replace('_', '-')}={','.join(names)}"
    if options.group_by is not None:
        yield f"--group-by={','.join(options.group_by) or 'none'}"


def _differs(proposed: ProposedCatalog, text: str) -> bool:
    """True if there is another file than this text would make."""
    file = proposed.file
    return file.exists() and _without_line_ends(file.read_bytes()) != _without_line_ends(text.encode())


def _refuse_or_keep(proposed: ProposedCatalog, text: str, request: CatalogRequest) -> None:
    """Show what would be overwritten, and say with what command.

    Raises:
        UsageError: The file may not be kept either.
    """
    old = proposed.file.read_bytes().decode("utf-8-sig", errors="replace").splitlines()
    lines = list(difflib.unified_diff(old, text.splitlines(), proposed.shown, "written now", lineterm=""))
    _print_lines(lines[:_MAX_LINES])
    if len(lines) > _MAX_LINES:
        print_note(f"and {counted(len(lines) - _MAX_LINES, 'more line')}")
    if request.kept_unless is None:
        done = "written and nothing uploaded" if request.upload else "written"
        raise UsageError(
            f"{proposed.shown} exists and differs, so nothing was {done}. To overwrite it: {command_with('--force')}"
        )
    print_note(for_terminal(f"kept: {proposed.shown} differs. To replace it: {request.kept_unless}"))


def _write(proposed: ProposedCatalog, root: Path, text: str) -> Iterator[str]:
    """Write the file unless it is so already; yield what was done.

    Raises:
        UsageError: It cannot be written.
    """
    file = proposed.file
    before = file.read_bytes() if file.exists() else None
    if before is None and not proposed.catalog.entries:
        yield f"nothing to write in {proposed.shown}: {describe_nothing(proposed)}"
        return
    if before is not None and not _differs(proposed, text):
        yield f"{proposed.shown} is up to date"
        return
    refuse_way_out(file, root, proposed.shown)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(file, text.encode(), proposed.shown)
    yield f"wrote {proposed.shown}"
    if before is not None:
        yield from describe_overwritten(before, proposed)


def _without_line_ends(content: bytes) -> bytes:
    """Return a text as Kedro reads it: git may change its line ends, and editors begin it with a byte order mark."""
    return content.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n")


def _settings_of(proposed: ProposedCatalog, root: Path) -> ProjectSettings:
    inputs = proposed.compilation.inputs
    shown = inputs.source.expected_file
    return ProjectSettings(
        root=root, project=inputs.project, settings=inputs.settings, file=Path(shown), shown=shown, declares=False
    )

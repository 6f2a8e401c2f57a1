"""``compile --write-catalog``: writes the catalog of an environment on S3, and reports what it does and does not do."""

import difflib
import os
import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from kedro_batch.cli.base import command_with, print_note
from kedro_batch.cli.input_uploads import upload_commands, upload_inputs
from kedro_batch.cli.options import Verbosity
from kedro_batch.compiler.data.s3_folder import S3Folder
from kedro_batch.compiler.options import CompileOptions
from kedro_batch.compiler.project_settings import ProjectSettings
from kedro_batch.compiler.propose_catalog import ProposedCatalog, propose_catalog
from kedro_batch.errors import UsageError
from kedro_batch.files.atomic_write import write_bytes
from kedro_batch.text.escaping import for_terminal, one_line
from kedro_batch.text.wording import counted, listed

_MAX_LINES = 100
_MAX_LEFT_OUT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogRequest:
    """What is asked for.

    Attributes:
        folder: Where the data are to be.
        force: Overwrite a file that differs.
        upload: Upload the local inputs.
        strict: Turn the warnings that remain into errors.
        shows_uploads: Print the commands that upload the local inputs, if they are not uploaded here.
        kept_unless: Keep a file that differs, and name this command, which overwrites it; None to refuse.
    """

    folder: S3Folder
    force: bool = False
    upload: bool = False
    strict: bool = False
    shows_uploads: bool = True
    kept_unless: str | None = None


def write_catalog(
    root: Path, options: CompileOptions, request: CatalogRequest, verbosity: Verbosity
) -> ProposedCatalog:
    """Write the catalog, and say what was written, what was left out, and what has to be uploaded.

    What compiling says with this catalog is returned, not printed.

    Args:
        root: The folder of the project.
        options: The options of ``compile``, with an environment.
        request: What is asked for.
        verbosity: How much to say.

    Raises:
        UsageError: The file exists and differs, or inputs to be uploaded are not here.
        Refused: The project cannot be loaded, or its configuration is wrong.
        ServiceError: An upload failed; the catalog is written.
    """
    on_warning = None if verbosity.quiet else lambda line: print_note(for_terminal(line))
    proposed = propose_catalog(root, options, request.folder, strict=request.strict, on_warning=on_warning)
    words = [*_options_words(options), "--write-catalog", str(request.folder), "--force"]
    text = proposed.text(
        "Written by kedro-batch: what the jobs on AWS Batch share is on S3.",
        f"To write it again: {one_line(shlex.join(['kedro-batch', 'compile', *words]))}",
        "You may edit it. What other catalog files of this folder define is left out here: Kedro takes a key once.",
    )
    if not request.force and _differs(proposed, text):
        _refuse_or_keep(proposed, text, request)
        return proposed
    done = _write(proposed, text)
    if not verbosity.quiet:
        for line in (done, *_describe(proposed, request.folder, every=verbosity.verbose)):
            print_note(for_terminal(line))
    inputs = proposed.catalog.inputs
    if request.upload and inputs:
        upload_inputs(inputs, request.folder, root, _settings_of(proposed), quiet=verbosity.quiet)
    elif inputs and request.shows_uploads and not verbosity.quiet:
        print_note("The jobs look for these inputs on S3. Upload them, or let --upload do it:\n")
        for command in upload_commands(inputs, request.folder, root):
            print_note(for_terminal(f"    {command}"))
        print_note("")
    return proposed


def next_step(proposed: ProposedCatalog, root: Path, options: CompileOptions) -> str:
    """Return what to do once the catalog is written, for the working directory; nothing if there is no environment."""
    if not proposed.file.parent.is_dir():
        return f"No environment {options.env!r} was made: there is nothing to keep in it"
    source = proposed.compilation.inputs.source
    if missing := source.missing_target:
        return f"Next: write {' and '.join(missing)} in {source.expected_file}"
    words = [] if root == Path.cwd() else [f"--project={os.path.relpath(root)}"]
    words += [*_options_words(options), *([f"--params={','.join(options.params)}"] if options.params else [])]
    words += [f"--params-file={options.params_file.name}"] if options.params_file else []
    words += ["--strict", "-o", os.path.relpath(root / "plan.yaml")]
    return f"Next: {shlex.join(['kedro-batch', 'compile', *words])}"


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
    return proposed.file.exists() and proposed.file.read_bytes() != text.encode()


def _refuse_or_keep(proposed: ProposedCatalog, text: str, request: CatalogRequest) -> None:
    """Show what would be overwritten, and say with what command.

    Raises:
        UsageError: The file may not be kept either.
    """
    old = proposed.file.read_bytes().decode("utf-8", errors="replace").splitlines()
    lines = list(difflib.unified_diff(old, text.splitlines(), proposed.shown, "written now", lineterm=""))
    for line in lines[:_MAX_LINES]:
        print_note(for_terminal(line))
    if len(lines) > _MAX_LINES:
        print_note(f"and {counted(len(lines) - _MAX_LINES, 'more line')}")
    if request.kept_unless is None:
        raise UsageError(
            f"{proposed.shown} exists and differs, so nothing was written. To overwrite it: {command_with('--force')}"
        )
    print_note(for_terminal(f"kept: {proposed.shown} differs. To replace it: {request.kept_unless}"))


def _write(proposed: ProposedCatalog, text: str) -> str:
    """Write the file unless it is so already; return what was done.

    Raises:
        UsageError: It cannot be written.
    """
    file, content = proposed.file, text.encode()
    if not file.exists() and not proposed.catalog.entries:
        why = "no entry can be made" if proposed.catalog.left_out else "no dataset of these jobs needs an entry"
        return f"nothing to write in {proposed.shown}: {why}"
    if file.exists() and not _differs(proposed, text):
        return f"{proposed.shown} is up to date"
    file.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(file, content, shown=proposed.shown)
    return f"wrote {proposed.shown}"


def _describe(proposed: ProposedCatalog, folder: S3Folder, *, every: bool) -> Iterator[str]:
    catalog = proposed.catalog
    for what, names in ((f"moved to {folder}", catalog.moved), ("in memory before, pickled now", catalog.pickled)):
        if names:
            yield f"  {len(names)} {what}: {listed(names, most=len(names) if every else 5)}"
    if catalog.own_classes:
        yield f"  of classes that are not Kedro's: {listed(catalog.own_classes)}. See that they open URLs on S3"
    if catalog.left_out:
        yield f"{counted(len(catalog.left_out), 'dataset')} left out:"
        shown = list(catalog.left_out.items())[: None if every else _MAX_LEFT_OUT]
        yield from (f"  {name}: {reason}" for name, reason in shown)
        if len(shown) < len(catalog.left_out):
            yield f"  and {len(catalog.left_out) - len(shown)} more; -v shows them all"


def _settings_of(proposed: ProposedCatalog) -> ProjectSettings:
    inputs = proposed.compilation.inputs
    shown = inputs.source.expected_file
    return ProjectSettings(
        project=inputs.project, settings=inputs.settings, file=Path(shown), shown=shown, declares=False
    )

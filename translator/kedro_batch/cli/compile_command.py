"""``kedro-batch compile``."""

import difflib
import os
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import click

from kedro_batch.cli.commands import INSIDE_KEDRO, BatchCommand, read_input, talk_options, tell
from kedro_batch.cli.reserved_stdout import reserved_stdout
from kedro_batch.errors import PlanDiffers, UsageError


def _comma_separated(_: click.Context, __: click.Parameter, text: str) -> tuple[str, ...]:
    """Split at commas, but not inside square brackets: Kedro's names for unnamed nodes have them there."""
    parts, depth, part = [], 0, ""
    for letter in text + ",":
        depth += (letter == "[") - (letter == "]")
        if letter == "," and depth <= 0:
            parts.append(part.strip())
            part = ""
        else:
            part += letter
    if part.strip():
        raise click.BadParameter(f"a square bracket is not closed in {text!r}")
    return tuple(sorted({part for part in parts if part}))


def _key_values(_: click.Context, __: click.Parameter, text: str) -> tuple[str, ...]:
    items = [item.strip() for item in text.split(",") if item.strip()]
    for item in items:
        key, equals, _value = item.partition("=")
        if not equals or not key.strip():
            raise click.BadParameter(f"{item!r} is not of the form key=value")
    return tuple(items)


def _versions(_: click.Context, __: click.Parameter, text: str) -> dict[str, str]:
    pairs = [item.strip().partition(":") for item in text.split(",") if item.strip()]
    for name, colon, version in pairs:
        if not (name and colon and version):
            raise click.BadParameter(f"{name + colon + version!r} is not of the form dataset:version")
        if version in (".", "..") or "/" in version or "\\" in version:
            raise click.BadParameter(f"the version {version!r} is a path; Kedro takes the name of one folder")
    return {name: version for name, _colon, version in pairs}


_SELECTION = (
    click.option("--pipelines", "--pipeline", "-p", default="", callback=_comma_separated, metavar="NAMES"),
    click.option("--env", "-e", default=None, metavar="ENV"),
    click.option("--conf-source", default=None, metavar="DIR"),
    click.option("--params", default="", callback=_key_values, metavar="KEY=VALUE,..."),
    click.option("--nodes", "-n", default="", callback=_comma_separated, metavar="NAMES"),
    click.option("--tags", "-t", default="", callback=_comma_separated, metavar="TAGS"),
    click.option("--namespaces", "--namespace", "-ns", default="", callback=_comma_separated, metavar="NAMES"),
    click.option("--from-nodes", default="", callback=_comma_separated, metavar="NAMES"),
    click.option("--to-nodes", default="", callback=_comma_separated, metavar="NAMES"),
    click.option("--from-inputs", default="", callback=_comma_separated, metavar="DATASETS"),
    click.option("--to-outputs", default="", callback=_comma_separated, metavar="DATASETS"),
    click.option("--load-versions", "-lv", default="", callback=_versions, metavar="DATASET:VERSION,..."),
)
_SELECTION_HELP = {
    "pipelines": "Registered pipelines to compile. Default: __default__.",
    "env": "Configuration environment, for compiling and in every job.",
    "conf_source": "Where the configuration is, for compiling. In the jobs: container_conf_source.",
    "params": "Extra parameters, passed on to every job.",
    "nodes": "Only these nodes.",
    "tags": "Only nodes with any of these tags.",
    "namespaces": "Only nodes in these namespaces.",
    "from_nodes": "Only these nodes and what follows them.",
    "to_nodes": "Only these nodes and what they need.",
    "from_inputs": "Only what follows from these datasets.",
    "to_outputs": "Only what these datasets need.",
    "load_versions": "Versions to load, passed on to the jobs that read these datasets.",
}


def _selection_options(command: Any) -> Any:
    for option in reversed(_SELECTION):
        command = option(command)
    for parameter in getattr(command, "__click_params__", ()):
        if parameter.name in _SELECTION_HELP:
            parameter.help = _SELECTION_HELP[parameter.name]
    return command


@click.command(name="compile", cls=BatchCommand, short_help="Write the plan of a Kedro project.")
@click.option("-o", "--output", default=None, metavar="FILE", help="Write the plan there; - is standard output.")
@click.option(
    "--check",
    default=None,
    metavar="FILE",
    help="Write nothing; exit 3 if FILE is not what compiling gives now.",
)
@click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="The Kedro project, or a folder in it. Default: the working directory.",
)
@_selection_options
@talk_options
@click.pass_context
def compile_(context: click.Context, /, output: str | None, check: str | None, project: Path, **flags: Any) -> None:
    """Compile a Kedro project into a plan of AWS Batch jobs, one for each node.

    Works offline and without credentials. Standard output holds the plan and nothing else. Queue, definition
    and resources come from aws_batch.yml in the project's configuration.
    """
    if output is not None and check is not None:
        raise click.UsageError("--output and --check cannot go together")
    if output is not None and output.endswith(os.sep):
        raise click.UsageError(f"--output {output}: a file is needed, not a folder")
    to_stdout = _is_standard_output(output)
    if INSIDE_KEDRO in context.meta and check is None and to_stdout:
        raise click.UsageError(
            "inside Kedro, which writes to standard output itself, the plan needs a file: "
            "kedro batch compile -o plan.yaml. To write it to standard output: kedro-batch compile"
        )
    here = Path.cwd()
    checked = None if check is None else read_input(check)
    with _descriptor(None if to_stdout else output) as descriptor, reserved_stdout() as stdout:
        content = _bytes(_compiled(context, project, flags))
        if checked is not None:
            _compare(*checked, content)
        elif descriptor is not None:
            descriptor.write(content)
        elif output is None or to_stdout:
            stdout.write(content)
        else:
            from kedro_batch.atomic_write import write_bytes

            write_bytes(here / output, content, shown=output)
            if not flags["quiet"]:
                tell(f"wrote {output}")


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError("the command line or the project has names that are not UTF-8 text") from error


def _is_standard_output(output: str | None) -> bool:
    """Tell whether a name means standard output, whatever links lead there."""
    if output in (None, "-"):
        return True
    try:
        return os.path.samestat(Path(str(output)).stat(), os.fstat(1))
    except OSError:
        return False


@contextmanager
def _descriptor(output: str | None) -> Iterator[BinaryIO | None]:
    """Take hold of an open file named like ``/dev/fd/63`` before the descriptors are rearranged."""
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


def _compiled(context: click.Context, project: Path, flags: dict[str, Any]) -> str:
    from kedro_batch.compiler.compile import compile_project
    from kedro_batch.compiler.project import CompileOptions, find_project
    from kedro_batch.plan.model import Selection
    from kedro_batch.plan.writer import plan_text

    root = find_project(project)
    env = flags["env"] or os.environ.get("KEDRO_ENV") or None
    if env is not None and (Path(env).is_absolute() or ".." in Path(env).parts):
        raise UsageError(f"--env: {env!r} is a path; name a folder of the configuration, such as base")
    names = ("nodes", "tags", "namespaces", "from_nodes", "to_nodes", "from_inputs", "to_outputs")
    options = CompileOptions(
        pipelines=flags["pipelines"],
        env=env,
        conf_source=_seen_from(root, flags["conf_source"]),
        params=flags["params"],
        load_versions=flags["load_versions"],
        selection=Selection(**{name: flags[name] for name in names}),
        verbose=flags["verbose"],
    )
    return plan_text(compile_project(root, options, lambda env: _with_env(context, env)))


def _seen_from(root: Path, conf_source: str | None) -> str | None:
    """Spell a path as seen from the project's folder if it is inside, so that it means the same everywhere.

    Raises:
        UsageError: It does not exist.
    """
    if conf_source is None or "://" in conf_source:
        return conf_source
    place = Path(conf_source).resolve()
    if not place.exists():
        raise UsageError(f"--conf-source: {conf_source} does not exist")
    return str(place.relative_to(root)) if place.is_relative_to(root) else str(place)


def _with_env(context: click.Context, env: str) -> str:
    """Spell the command that was typed, for another environment."""
    typed = sys.argv[sys.argv.index("compile") + 1 :] if "compile" in sys.argv else []
    words = [*context.command_path.split(), f"--env={env}"]
    value_follows = False
    for word in typed:
        if not value_follows and not word.startswith(("--env=", "-e")) and word != "--env":
            words.append(word)
        value_follows = word in ("--env", "-e")
    redirect = "" if context.params["output"] or context.params["check"] else " > plan.yaml"
    return shlex.join(words) + redirect


def _compare(before: bytes, name: str, now: bytes) -> None:
    """Show how a file differs from what compiling gives; line ends and a byte order mark do not count.

    Raises:
        PlanDiffers: It does.
    """
    from kedro_batch.review.printable import printable

    old, new = (
        content.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").split("\n") for content in (before, now)
    )
    if old == new:
        return
    for line in difflib.unified_diff(old, new, fromfile=name, tofile="compiled now", lineterm=""):
        tell(printable(line))
    raise PlanDiffers(f"{name} is not what compiling gives now")

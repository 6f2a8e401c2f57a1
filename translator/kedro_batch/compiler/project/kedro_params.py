"""Asks the installed Kedro what it makes of parameters on a command line, as a job would. A small door to Kedro."""

from collections.abc import Mapping, Sequence
from typing import Any

from omegaconf import OmegaConf

from kedro_batch.compiler.project.kedro_errors import first_line
from kedro_batch.errors import ProjectError, UsageError


def read_params(pairs: Sequence[str]) -> Mapping[Any, Any]:
    """Return the parameters of ``--params``, as Kedro reads them.

    Args:
        pairs: ``key=value``, one for each part between commas.

    Raises:
        UsageError: omegaconf cannot read them.
    """
    try:
        split = (item.partition("=") for item in pairs)
        read = OmegaConf.from_dotlist([f"{key.strip()}={value}" for key, _, value in split])
        given: Any = OmegaConf.to_container(read)
    except Exception as error:  # omegaconf and its parsers raise many kinds
        raise UsageError(f"--params {','.join(pairs)}: {first_line(error)}") from error
    return dict(given)


def decode_params(words: Sequence[str]) -> Mapping[str, Any]:
    """Return the parameters that nodes get of these words of ``kedro run``, where no file has any of these names.

    Raises:
        ProjectError: Kedro refuses the words.
    """
    from kedro.framework.cli.project import run  # noqa: PLC0415  it takes a moment, and most plans have no parameters

    try:
        return resolve_params(run.make_context("run", list(words)).params["params"])
    except Exception as error:  # click, omegaconf and their parsers raise many kinds
        raise ProjectError(f"Kedro cannot read the parameters back: {first_line(error)}") from error


def resolve_params(given: Any) -> Mapping[str, Any]:
    """Make of parameters given at run time what the config loader makes of them: interpolations are resolved."""
    resolved: Any = OmegaConf.to_container(OmegaConf.merge(OmegaConf.create(), given), resolve=True)
    return dict(resolved)

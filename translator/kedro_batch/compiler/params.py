"""The parameters of a compilation: merged from ``aws_batch.yml``, a file and the command line; checked and proved.

Each layer is refused if Kedro could not carry it to a node, with the place where it stands. The words of the commands
are proved by asking the installed Kedro to read them back.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kedro_batch.compiler.params_file import ParamsFile
from kedro_batch.compiler.settings.config_source import ConfigSource, SourceRef
from kedro_batch.diagnostics import Code, Diagnostic, FieldPath, PathMessage
from kedro_batch.errors import ConfigError
from kedro_batch.plan.checks.credentials import Names, credentials_in_params
from kedro_batch.plan.checks.params import PARAMS_TWICE, own_params, refused_params
from kedro_batch.plan.params import differing_params, merge_params, param_leaves, sort_params
from kedro_batch.plan.params_words import params_words

_OPTION = "--params"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParamsLayer:
    """Parameters of one source, and how to say where one of them stands."""

    values: Mapping[str, Any]
    locate: Callable[[FieldPath], SourceRef]


@dataclass(frozen=True, slots=True)
class Params:
    """All parameters of a compilation.

    Attributes:
        layers: Where they come from; the later ones win.
    """

    layers: Sequence[ParamsLayer] = ()

    @property
    def values(self) -> dict[str, Any]:
        """The parameters, merged, in the order of a plan."""
        merged: dict[str, Any] = sort_params(merge_params(*(layer.values for layer in self.layers)))
        return merged

    def locate(self, path: FieldPath) -> SourceRef:
        """Find where a parameter comes from."""
        layer = next((one for one in reversed(self.layers) if _has(one.values, path)), self.layers[-1])
        return layer.locate(path)

    def diagnose(self, path: FieldPath, message: str, code: Code = Code.INVALID_CONFIG) -> Diagnostic:
        """Return a diagnostic about a parameter, with the place that it comes from."""
        source, line, shown = self.locate(path)
        return Diagnostic(source=source, line=line, path=shown, message=message, code=code)

    def refuse(self, found: Iterable[PathMessage]) -> None:
        """Refuse what was found.

        Raises:
            ConfigError: With the place of each.
        """
        if wrong := [self.diagnose(path, message) for path, message in found]:
            raise ConfigError("parameters would not reach the nodes as they are:", wrong)


def _has(values: Any, path: FieldPath) -> bool:
    for step in path:
        if isinstance(values, Mapping) and step in values:
            values = values[step]
        else:
            return isinstance(values, list) and isinstance(step, int)  # lists are taken over whole
    return True


def command_line_params(file: ParamsFile | None, given: Mapping[Any, Any]) -> Params:
    """Return the parameters of the command line: those of a file, and over them those of ``--params``.

    Args:
        file: The file, which was checked when it was read.
        given: What Kedro makes of ``--params``.

    Raises:
        ConfigError: A parameter could not be carried.
    """
    layers = []
    if file is not None:
        layers.append(
            ParamsLayer(values=file.values, locate=lambda path: SourceRef(file.name, file.find_line(path), path))
        )
    if given:
        layers.append(ParamsLayer(values=given, locate=lambda path: SourceRef(_OPTION, None, path)))
    if wrong := [
        Diagnostic(source=_OPTION, path=path, code=code, message=message)
        for path, message, code in refused_params(given, None)
    ]:
        raise ConfigError("the parameters of the command line cannot be passed on to the nodes:", wrong)
    return Params(layers)


def over_settings(params: Params, settings: Mapping[str, Any], source: ConfigSource) -> Params:
    """Return these parameters over those of ``aws_batch.yml``, which were checked with the other settings."""
    if not settings:
        return params
    below = ParamsLayer(values=settings, locate=lambda path: source.locate(("params", *path)))
    return Params((below, *params.layers))


def refuse_credentials(params: Params, not_secret: Names) -> None:
    """Refuse what looks like a credential in parameters of the command line.

    Args:
        params: Those of the command line alone; the others were checked with the settings.
        not_secret: The names that are none of credentials, as the settings say.

    Raises:
        ConfigError: With the place of each.
    """
    if wrong := [
        params.diagnose(path, message, Code.CREDENTIAL)
        for path, message in credentials_in_params(params.values, not_secret)
    ]:
        raise ConfigError("the parameters of the command line cannot be passed on to the nodes:", wrong)


def refuse_other_params(params: Params, prefix: Sequence[str], source: ConfigSource) -> None:
    """Refuse parameters in the first words of every command, beside those of the plan.

    Raises:
        ConfigError: With the place in the settings.
    """
    if params.values and (positions := [*own_params(prefix)]):
        wrong = [source.diagnose(("command_prefix", position), PARAMS_TWICE) for position in positions]
        raise ConfigError("the commands would have parameters twice:", wrong)


def prove_params(params: Params, decode: Callable[[Sequence[str]], Mapping[str, Any]], reader: str = "Kedro") -> None:
    """Refuse parameters that would not be read back from the words of a command as they are.

    Args:
        params: The parameters.
        decode: Asks Kedro, or the project's own command.
        reader: Who is asked.

    Raises:
        ConfigError: With the place of each.
    """
    values = params.values
    decoded = decode(params_words(values))
    params.refuse(
        (path, f"{reader} reads it back as something else: write it otherwise")
        for path in differing_params(values, dict(decoded))
    )


def param_origins(params: Params) -> Iterator[tuple[FieldPath, Any, SourceRef]]:
    """Yield every parameter with its path, its value, and the place that it comes from."""
    for path, value in param_leaves(params.values):
        yield path, value, params.locate(path)

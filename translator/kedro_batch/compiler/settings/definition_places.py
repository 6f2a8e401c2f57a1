"""Where the parts of a job's definition stand in ``aws_batch.yml``: in a rule, or outside of the rules. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kedro_batch.compiler.settings.batch_config import Settings
from kedro_batch.compiler.settings.config_source import has_path
from kedro_batch.compiler.settings.rules import ResolvedSettings
from kedro_batch.diagnostics import FieldPath


def path_of_part(settings: Settings, resolved: ResolvedSettings, part: FieldPath = ()) -> FieldPath:
    """Return the path of the setting that gave nodes a part of their job definition.

    It is in the last rule that states the part or takes it away, or outside of the rules. Of a part that nobody
    states, it is where it would stand beside the rest.

    Args:
        settings: All settings.
        resolved: The settings of these nodes.
        part: Such as ``("resources", "vcpus")``; empty for the definition itself. Its platform may be that of the jobs.
    """
    layers = [*_layers(settings, resolved)]
    for here, stated in layers:
        if "job_definition" in stated and has_path(stated["job_definition"], part):
            return (*here, "job_definition", *part)
        if part == ("platform",) and "platform" in stated:
            return (*here, "platform")
    return (*layers[0][0], "job_definition", *part)


def rule_of(path: FieldPath) -> int:
    """Return the number of the rule that a path leads into; -1 if it is outside of the rules."""
    return int(path[1]) if path[0] == "rules" else -1


def _layers(settings: Settings, resolved: ResolvedSettings) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    """Yield the settings that say something of the definition, the last rule first, up to a name: it hides others."""
    rules = [(("rules", number), settings.rules[number].stated) for number in reversed(resolved.rules)]
    every: Sequence[tuple[FieldPath, Mapping[str, Any]]] = (*rules, ((), settings.defaults.stated))
    for here, stated in every:
        if "job_definition" in stated or "platform" in stated or not here:
            yield here, stated
        if isinstance(stated.get("job_definition"), str):
            return

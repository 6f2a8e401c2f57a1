"""Read the options of ``kedro run``, and tell which of them choose what runs or with which configuration. Pure.

Sources: the options of Kedro 0.18.14, 0.19.15 and 1.7.0 (``kedro.framework.cli.project.run``), and click's parser.
"""

from collections.abc import Iterator, Sequence

ENV, NODES, PIPELINES = "--env", "--nodes", "--pipelines"
CONFIGURING = (ENV, "--conf-source", "--config", "--load-versions")
"""The options that choose configuration or data. ``--config`` names a file with others."""
SELECTING = (NODES, "--tags", "--namespaces", "--from-nodes", "--to-nodes", "--from-inputs", "--to-outputs")
"""The options that select nodes; of several, only what all of them select runs."""
_ONLY_MISSING = "--only-missing-outputs"
_HARMLESS = ("--params", "--async", "--verbose")
"""What changes how nodes work, but not which ones run, nor where configuration comes from."""
_FLAGS = ("--async", "--verbose", _ONLY_MISSING)
_OTHERS = (PIPELINES, "--runner", "--runner-params")
_NAMES = frozenset((*CONFIGURING, *SELECTING, *_HARMLESS, *_OTHERS, _ONLY_MISSING))
_ALIASES = {"--pipeline": PIPELINES, "--namespace": "--namespaces", "-lv": "--load-versions", "-ns": "--namespaces"}
_SHORT = {
    "-e": ENV,
    "-c": "--config",
    "-r": "--runner",
    "-n": NODES,
    "-p": PIPELINES,
    "-t": "--tags",
    "-v": "--verbose",
}


def read_options(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the options that choose what runs, by their long names, with their values.

    An option that Kedro does not have may be one of the project's own ``run`` command: nobody knows what it chooses.
    So it counts, and so does any other word.

    Args:
        words: What stands behind ``kedro run``.
    """
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        name = _ALIASES.get(name, name)
        if name not in _NAMES and word[:2] in _SHORT:
            name, equals, value = _SHORT[word[:2]], word[2:], word[2:]
        if name in _NAMES and name not in _FLAGS and not equals:
            value = next(rest, "")
        if name not in _HARMLESS:
            yield name, value


def spell_option(option: str, value: str | None) -> str:
    """Return an option as it is written in a command."""
    return f"{option}={value}" if value else option

"""What most jobs of a plan have is told once, and of the other jobs what they have instead. Pure."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from kedro_batch.plan.model import JOIN_COMMAND
from kedro_batch.review.formatting import command_text, setting_text
from kedro_batch.review.overview.model import JobOverview, Overview

_Spell = Callable[[JobOverview], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What most jobs have of something.

    Attributes:
        label: What it is called.
        text: What they have, in words.
        jobs: How many jobs have it.
        spell: Spells what a job has, so that it can be compared.
    """

    label: str
    text: str
    jobs: int
    spell: _Spell


def find_usual(overview: Overview, *, full: bool = False) -> list[Usual]:
    """Find what most jobs have; what no job has is left out.

    Args:
        overview: The overview of the plan.
        full: Find also the usual command, with ``NODE`` for the nodes of each job, and the usual variables.
    """
    found = []
    for label, spell in ({**_SETTINGS, **_IN_FULL} if full else _SETTINGS).items():
        texts = Counter(spell(job) for job in overview.jobs if job.command != JOIN_COMMAND)
        if texts.keys() - {_NOTHING}:
            text, jobs = texts.most_common(1)[0]
            found.append(Usual(label=label, text=text, jobs=jobs, spell=spell))
    return found


def unusual_words(job: JobOverview, usual: list[Usual]) -> Iterator[str]:
    """Yield what a job has that most jobs have not."""
    if job.command == JOIN_COMMAND:
        return
    for one in usual:
        if (text := one.spell(job)) != one.text:
            yield f"{one.label} {command_text(job.command) if one.label == _COMMAND else text}"


_NOTHING = "not set"
_COMMAND = "command"


def _setting(name: str) -> _Spell:
    return lambda job: setting_text(name, job.settings.get(name)) or _NOTHING


def _command(job: JobOverview) -> str:
    nodes = ",".join(job.nodes)
    return command_text(word.replace(nodes, "NODE") if nodes else word for word in job.command)


def _environment(job: JobOverview) -> str:
    variables: Mapping[str, str] = job.settings.get("environment", {})
    return " ".join(f"{name}={value}" for name, value in variables.items()) or _NOTHING


_SETTINGS: Mapping[str, _Spell] = {
    "timeout": _setting("timeout_s"),
    "attempts": _setting("attempts"),
    "retry on": _setting("retry_on"),
}
_IN_FULL: Mapping[str, _Spell] = {_COMMAND: _command, "environment": _environment}

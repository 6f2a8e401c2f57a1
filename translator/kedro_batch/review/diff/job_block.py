"""What one block of a diff shows: jobs with equal changes, and how it reads in short. Nothing is escaped yet. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kedro_batch.review.diff.detail_impacts import worst_impact
from kedro_batch.review.diff.details import Detail
from kedro_batch.review.diff.model import RiskKind
from kedro_batch.review.shown_names import NAMES_SHOWN, share_room, shorten_names

FEW = 3
"""Jobs of a block that begins with their names; a block of more begins with what changed."""
NAMES_OF_PART = 5
"""The most names of jobs that are described, or that are a part of others."""
_UNITS = ("resources.vcpus", "resources.memory_mib", "resources.gpus")
"""Settings whose values say what they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobBlock:
    """Jobs with equal changes.

    Attributes:
        sign: ``+`` added, ``-`` removed, ``>`` renamed, ``~`` changed.
        heading: What the jobs have in common, with their number; None if their names tell it.
        jobs: Their names; ``old -> new`` if they were renamed.
        details: What differs in each of them.
        impact: Why a reviewer must not miss that they came or went; None if it is no risk and no cost.
        leads: What changed comes first, and then the jobs.
        names: How many of the jobs are named in short at most.
        room: And how many characters they have at most.
    """

    sign: str
    heading: str | None
    jobs: tuple[str, ...]
    details: tuple[Detail, ...]
    impact: RiskKind | None = None
    leads: bool = False
    names: int = NAMES_SHOWN
    room: int = share_room(1)

    @property
    def who(self) -> list[str]:
        """The jobs in short: what they have in common, or the first names and the number of further ones."""
        if self.heading:
            return [self.heading]
        return self.named

    def begin(self, full: bool) -> list[str]:
        """Return how a block begins that does not lead with what changed; many jobs are named or described."""
        if self.heading and not full and len(self.jobs) > NAMES_SHOWN:
            return [self.heading]
        first, *others = [*self.jobs] if full else self.named
        return [f"{self.heading}: {first}" if self.heading else first, *others]

    @property
    def named(self) -> list[str]:
        """The first names and the number of further ones."""
        most = min(self.names, NAMES_OF_PART) if self.heading else self.names
        return shorten_names(self.jobs, most=most, room=self.room)

    @property
    def short(self) -> "JobBlock":
        """The same without nodes that the command of a new or a removed job names; settings that went are one."""
        if self.sign not in ("+", "-") or self.leads:
            return self
        words = [word for one in self.details for word in f"{one.before or one.after}".split()]
        told = [
            one
            for one in self.details
            if one.label != "nodes" or one.impact or _selecting(one.gained or one.lost) not in words
        ]
        settings = [one for one in told if self.sign == "-" and one.before is not None and one.label != "command"]
        rest = [one for one in told if one not in settings]
        return replace(self, details=(in_one_line(settings), *rest) if settings[1:] else tuple(told))

    @property
    def in_one_line(self) -> bool:
        """True if one line tells what changed, and in which jobs."""
        (first, *others) = self.details
        return not others and not (first.gained and first.lost)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobBlocks:
    """The blocks of a diff.

    Attributes:
        jobs: What differs in jobs.
        defaults: What differs in jobs because a default of the plan has changed.
    """

    jobs: tuple[JobBlock, ...]
    defaults: tuple[JobBlock, ...] = ()


def _selecting(nodes: Sequence[str]) -> str:
    return f"--nodes={','.join(nodes)}"


def in_one_line(details: Sequence[Detail]) -> Detail:
    """Return the settings of jobs that came or went as one detail."""
    before, after = (
        ", ".join(f"{'' if one.label in _UNITS else f'{one.label} '}{getattr(one, side)}" for one in details)
        for side in ("before", "after")
    )
    gone = all(one.after is None for one in details)
    impact = worst_impact(one.impact for one in details)
    return Detail(label="settings", before=before if gone else None, after=None if gone else after, impact=impact)

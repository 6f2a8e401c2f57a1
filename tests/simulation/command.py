"""The commands that a process may be."""

from dataclasses import dataclass
from enum import StrEnum


class Word(StrEnum):
    """The commands."""

    APPLY = "apply"
    APPLY_ID = "apply --run-id"
    RESUME = "resume"
    WAIT = "wait"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command line.

    Attributes:
        word: The command.
        journal: The number of its journal; each is on a machine of its own.
        rate: Of its submissions.
        detach: It ends once everything is submitted.
    """

    word: Word
    journal: int
    rate: float | None = None
    detach: bool = False

    def __str__(self) -> str:
        """Show it as it would be typed."""
        rate = f" --rate {self.rate:g}" if self.rate else ""
        return f"{self.word} (journal {self.journal}){rate}{' --detach' if self.detach else ''}"

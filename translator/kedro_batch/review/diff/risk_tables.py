"""Lines of risks as tables: what many values have in common is shown once, and each has a row with the rest. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, takewhile

from kedro_batch.review.diff.changed_values import Spelled
from kedro_batch.review.diff.risk_lines import RiskLine
from kedro_batch.review.formatting import name_text
from kedro_batch.text.wording import counted

OWN_VALUE = "VALUE"
"""What stands for the part of a value that a row shows."""
_LINES = 5
"""The most lines that are no table."""
_WORD = re.compile(r"[\w.-]+|[^\w.-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskTable:
    """A line of risks, or many that are alike.

    Attributes:
        first: The line; of many, the first one with what the values of all have in common.
        rows: What each of many lines has of its own, with its jobs; or what each of many jobs reads.
    """

    first: RiskLine
    rows: tuple[str, ...] = ()

    @property
    def count(self) -> str:
        """How many rows there are, in words."""
        return counted(len(self.rows), "read" if self.first.lists_reads else "value")


def tables_of_risks(lines: Iterable[RiskLine]) -> Iterator[RiskTable]:
    """Yield lines in their order; those that follow each other and are alike are one table if there are many."""
    for alike, group in groupby(lines, lambda line: (line.kind, line.alike)):
        some = [*group]
        stem = _stem_of([(line.before, line.after) for line in some]) if alike[1] and len(some) > _LINES else None
        if stem:
            (before, after), own = stem
            rows = tuple(f"{value}: {_who(line)}" for line, value in zip(some, own, strict=True))
            yield RiskTable(first=replace(some[0], before=before, after=after), rows=rows)
        else:
            yield from (RiskTable(first=line, rows=line.shown if line.lists_reads else ()) for line in some)


def _who(line: RiskLine) -> str:
    return line.who or ", ".join(line.shown)


def _stem_of(values: Sequence[Spelled]) -> tuple[Spelled, list[str]] | None:
    """Return what all values have in common, and what each has in its place; None if a value would be ambiguous."""
    stems: list[str | None] = []
    own: list[list[str]] = [[] for _ in values]
    for side in zip(*values, strict=True):
        texts = [text for text in side if text is not None]
        if any(OWN_VALUE in text for text in texts) or 0 < len(texts) < len(side):
            return None
        if len({*side}) == 1:
            stems.append(side[0])
            continue
        words = list(map(_WORD.findall, texts))
        begin = _same_words(words)
        end = _same_words([some[begin:][::-1] for some in words])
        stems.append("".join((*words[0][:begin], OWN_VALUE, *words[0][len(words[0]) - end :])))
        for one, some in zip(own, words, strict=True):
            one.append(name_text("".join(some[begin : len(some) - end])))
    return (stems[0], stems[1]), [" -> ".join(dict.fromkeys(one)) for one in own]


def _same_words(words: Sequence[Sequence[str]]) -> int:
    """Return with how many equal words all begin."""
    return sum(1 for _ in takewhile(lambda some: len({*some}) == 1, zip(*words, strict=False)))

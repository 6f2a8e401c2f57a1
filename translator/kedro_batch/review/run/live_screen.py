"""One screen about a run, whatever the size of its plan: what it is, how far it is, what failed, what runs.

The progress, the time and the size of the terminal come in; the lines of the screen go out, at most one fewer than the
terminal has, none of them wider than it. Pure.
"""

import heapq
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from rich.cells import cell_len
from rich.text import Text

from kedro_batch.plan.model import JobName
from kedro_batch.review.run.expected_end import end_words, likely_words
from kedro_batch.review.run.job_groups import AT_WORK, WITHOUT_SUCCESS, Group, counts_words
from kedro_batch.review.run.progress import FailedJob, Progress
from kedro_batch.review.run.progress_words import (
    NO_ESTIMATE,
    Estimate,
    RunHead,
    worked_for,
)
from kedro_batch.submitter.job_state import JobState
from kedro_batch.text.escaping import for_terminal
from kedro_batch.text.fitting import CUT, fitted_name
from kedro_batch.text.times import clock_time, near_time
from kedro_batch.text.wording import counted, duration, whole_duration

_LONGEST_BAR = 100
_TITLE_LINES = 3
_OF_A_SECTION = 2
"""Lines of a list beside its rows: an empty one and its heading."""
_GAP = _INDENT = "  "
_MODULE = re.compile(rf"(?<={_GAP})([A-Za-z_]\w*\.)+(?=[A-Z]\w*: )")
"""The module of an exception behind its time: what the exception says tells more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Where a run is shown.

    Attributes:
        width: Columns of the terminal.
        height: Its lines.
        zone: The time zone of the reader; None for that of this machine.
        unicode: It shows block elements; else ASCII is drawn.
    """

    width: int
    height: int
    zone: tzinfo | None = None
    unicode: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A part of the bar, which is legible without its colour."""

    groups: tuple[Group, ...]
    block: str
    ascii: str
    style: str

    def mark(self, screen: Screen) -> str:
        return self.block if screen.unicode else self.ascii


_TO_COME = tuple(group for group in Group if group not in (*AT_WORK, *WITHOUT_SUCCESS, Group.SUCCEEDED))
_PARTS = (
    _Part(groups=(Group.SUCCEEDED,), block="█", ascii="#", style="green"),
    _Part(groups=AT_WORK, block="▒", ascii=">", style="cyan"),
    _Part(groups=WITHOUT_SUCCESS, block="x", ascii="x", style="bold red"),
    _Part(groups=_TO_COME, block="░", ascii="-", style="dim"),
)


def live_screen(
    progress: Progress, head: RunHead, screen: Screen, now: float, estimate: Estimate = NO_ESTIMATE
) -> tuple[Text, ...]:
    """Return the lines of the screen.

    Args:
        progress: How far the run is.
        head: What it is.
        screen: Where it is shown.
        now: The time, in seconds since the epoch.
        estimate: What earlier runs tell of it.
    """
    as_of = now if progress.unanswered_since is None else progress.unanswered_since
    title, times = _title(progress, head, screen), _times(progress, head, screen, now, estimate)
    how_far = [_bar(progress, screen), *_counts(progress, screen)]
    if len(title) + len(times) + len(how_far) >= screen.height:  # the counts matter more
        title, times = title[:1], times[:1]
    lines = [*title, *times, *how_far]
    room = max(0, screen.height - 1 - len(lines))
    failed_rows, work_rows = _shared(len(progress.failed), len(progress.at_work), room)
    lines += _failed(progress.failed, failed_rows, screen)
    lines += _at_work(progress, work_rows, screen, as_of, estimate)
    return tuple(_cut(line, screen) for line in lines[: max(1, screen.height - 1)])


def _cut(line: Text, screen: Screen) -> Text:
    """Cut a line that is wider than the screen, with a sign that it is cut."""
    if screen.unicode:
        line.truncate(screen.width, overflow="ellipsis")
    elif line.cell_len > screen.width:
        line.truncate(max(0, screen.width - len(CUT)), overflow="crop")
        line.append(CUT[: screen.width])
    return line


def _title(progress: Progress, head: RunHead, screen: Screen) -> list[Text]:
    first, *others = [for_terminal(part) for part in head.words(progress.started)]
    return _flowed([Text(first, "bold"), *map(Text, others)], screen.width, ", ")[:_TITLE_LINES]


def _times(progress: Progress, head: RunHead, screen: Screen, now: float, estimate: Estimate) -> list[Text]:
    """Return when the run began, and when it is expected to end, or since when nothing is known of it."""
    parts = []
    if head.began_at is not None:
        ago = whole_duration(now - head.began_at)
        here = ""
        if head.tells_age and progress.answered_at is not None and progress.unanswered_since is None:
            here = f", as of {clock_time(progress.answered_at, screen.zone)}"
        elif progress.started and progress.started.continued and progress.started_at is not None:
            here = f", this command {whole_duration(now - progress.started_at)}"
        parts.append(Text(f"began {near_time(head.began_at, now, screen.zone)}, {ago} ago{here}"))
    if progress.unanswered_since is not None:
        since = clock_time(progress.unanswered_since, screen.zone)
        parts.append(Text(f"as of {since}: nothing newer is known", "bold yellow"))
    elif progress.started is None:
        parts.append(Text("as the journal has it: looking at the run", "yellow"))
    elif (end := estimate.expected_end) and end.at > now:
        likely, (earlier, at_once) = likely_words(end, now, screen.zone), end.bases
        told = [end_words(end, now, screen.zone), *([likely] if likely else [])]
        told[-1] += f", by {earlier}"
        parts += map(Text, (*told, at_once))
    return _flowed(parts, screen.width, "; ")


def _bar(progress: Progress, screen: Screen) -> Text:
    label = f" {progress.done:,} of {counted(progress.jobs, 'job')} done"
    width = min(_LONGEST_BAR, screen.width - 2 - len(label))
    bar = Text("[")
    for part, cells in zip(_PARTS, _cells([progress.count(part.groups) for part in _PARTS], width), strict=True):
        bar.append(part.mark(screen) * cells, part.style)
    return bar.append("]").append(label)


def _cells(counts: Sequence[int], width: int) -> list[int]:
    """Share the cells of a bar; what there is at all has at least one, if there is room."""
    total = sum(counts)
    if total == 0 or width < len(counts):
        return [0 for _ in counts]
    cells = [max(1, count * width // total) if count else 0 for count in counts]
    while sum(cells) != width:  # at most as often as there are parts
        step = 1 if sum(cells) < width else -1
        too_few = [count * width / total - cell for count, cell in zip(counts, cells, strict=True)]
        candidates = [index for index, cell in enumerate(cells) if counts[index] and cell + step > 0]
        cells[max(candidates, key=lambda index: step * too_few[index])] += step
    return cells


def _counts(progress: Progress, screen: Screen) -> list[Text]:
    """Return the counts, those of each part of the bar behind its mark: they are its key, too."""
    counts, room = progress.counts, screen.width - len(_INDENT)
    told = []
    for part in _PARTS:
        words = [Text(counts_words(counts, [group])) for group in part.groups if counts.get(group)]
        for number, line in enumerate(_flowed(words, room, ", ")):
            told.append(Text(_INDENT if number else f"{part.mark(screen)} ", part.style).append_text(line))
    return _flowed(told, screen.width)


def _shared(failed: int, at_work: int, room: int) -> tuple[int, int]:
    """Return how many rows the failed jobs and those at work get: half each, and what the other one leaves."""
    room -= _OF_A_SECTION * (bool(failed) + bool(at_work))
    half = max(0, room) // 2
    failed_rows = min(failed, max(half, room - at_work))
    return max(0, failed_rows), max(0, min(at_work, room - failed_rows))


def _failed(failed: Sequence[FailedJob], rows: int, screen: Screen) -> list[Text]:
    if not rows:
        return []
    shown = failed[: rows if len(failed) <= rows else rows - 1]
    told = []
    for one in shown:
        at = clock_time(one.at, screen.zone) if one.at is not None else "earlier "
        why = for_terminal(one.why).replace("\t", " ")  # how wide a tab is depends on where it stands
        told.append(f"{at}{_GAP}{why}")
    width = _name_width([one.job for one in shown], told, screen)
    lines = [Text(), Text(f"{len(failed):,} failed", "bold red")]
    for one, behind in zip(shown, told, strict=True):
        line = f"{_INDENT}{fitted_name(one.job, width)}{_GAP}{behind}"
        lines.append(Text(line if cell_len(line) <= screen.width else _MODULE.sub("", line, count=1)))
    return [*lines, *_more(len(failed) - len(shown))]


def _at_work(progress: Progress, rows: int, screen: Screen, as_of: float, estimate: Estimate) -> list[Text]:
    """Return the jobs that run or start, the longest first."""
    if not rows:
        return []
    began = progress.at_work
    count = rows if len(began) <= rows else rows - 1

    def order(name: JobName) -> tuple[float, str]:
        found = began[name]
        return (found.at if found else as_of, name)

    shown = heapq.nsmallest(count, began, key=order)
    times = [worked_for(began[name], as_of) for name in shown]
    width = max(map(len, times), default=0)
    heading = counts_words(progress.counts, AT_WORK)
    lines = [Text(), Text(f"{heading}{', the longest first' if len(began) > 1 else ''}", "bold cyan")]
    told = []
    for name, time in zip(shown, times, strict=True):
        usual = estimate.usual_s.get(name)
        more = [f"usually {duration(usual)}"] if usual is not None else []
        if progress.state(name) is not JobState.RUNNING:
            more.insert(0, for_terminal(progress.state_words(name)))
        told.append(_GAP.join((time.ljust(width), *more) if width else more).rstrip())
    names = _name_width(shown, told, screen)
    for name, more_of_it in zip(shown, told, strict=True):
        lines.append(Text(f"{_INDENT}{fitted_name(name, names)}{_GAP}{more_of_it}".rstrip()))
    return [*lines, *_more(len(began) - len(shown))]


def _more(count: int) -> list[Text]:
    return [Text(f"  and {count:,} more", "dim")] if count else []


def _name_width(names: Iterable[str], behind: Iterable[str], screen: Screen) -> int:
    """Return the width of a column of names: that of the longest one, if half of the screen or what stands behind does.

    Args:
        names: The names.
        behind: What stands behind them; it is cut rather than the half of the screen that is for names.
        screen: Where they are shown.
    """
    left = screen.width - len(_INDENT) - len(_GAP) - max(map(cell_len, behind), default=0)
    most = max(len(CUT) + 2, screen.width // 2 - len(_INDENT), left)
    return min(max(map(cell_len, names), default=0), most)


def _flowed(parts: Sequence[Text], width: int, between: str = _GAP) -> list[Text]:
    """Put parts behind each other, as many into a line as fit."""
    lines: list[Text] = []
    for number, part in enumerate(parts, 1):
        behind = len(between.rstrip()) if number < len(parts) else 0
        if lines and lines[-1].cell_len + len(between) + part.cell_len + behind <= width:
            lines[-1].append(between).append_text(part)
        else:
            if lines and between.strip():
                lines[-1].append(between.rstrip())
            lines.append(Text().append_text(part))  # the style of the first part is not that of the line
    return lines

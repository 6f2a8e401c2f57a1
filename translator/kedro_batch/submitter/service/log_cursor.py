"""How far a stream of CloudWatch Logs has been read, so that no line is lost and none is shown twice. Pure.

GetLogEvents sorts lines by their time, and a token leads on from the time that was reached. A line that becomes visible
late, behind others that are newer, is therefore never on a later page. And its lines have no ids (FilterLogEvents gives
ids, but wants a permission of its own, and takes fewer calls a second). So a stream is read in sweeps. Each one begins
a little before the newest line that is known, and counts how often it sees each line: time, time of arrival and text.
What it sees more often than it was shown is new. Equal lines of one millisecond are counted, and so are all shown.

What GetLogEvents does was taken from the API reference (a page may be empty though others follow; at the end, the token
is the one that was sent; tokens expire after 24 hours), and from boto3#3718 (pages are spans of time).
"""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from kedro_batch.submitter.service.limits import LOG_EMPTY_PAGES, LOG_IDLE_PAGES, LOG_OVERLAP_LINES, LOG_OVERLAP_S

_FEW = 1000
"""Lines that a cursor remembers without looking which of them it need not."""


class Missing(StrEnum):
    """What does not exist, or not yet."""

    GROUP = "group"
    STREAM = "stream"


@dataclass(frozen=True, slots=True)
class LogEvent:
    """A line of a log, or several.

    Attributes:
        text: What was written, as it is.
        at_ms: When, in milliseconds since the epoch; None if that is not known.
        arrived_ms: When CloudWatch Logs took it.
    """

    text: str
    at_ms: int | None = None
    arrived_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """One page of a stream.

    Attributes:
        events: Its lines, by their times.
        token: Leads on; the one that was sent, if the stream has no more yet.
        missing: What does not exist, so that there is no page.
    """

    events: tuple[LogEvent, ...] = ()
    token: str | None = None
    missing: Missing | None = None


class LogCursor:
    """A place in a stream.

    Attributes:
        start_ms: The time from which on the present sweep reads.
        token: Leads on in it; None at its beginning.
        at_end: It has seen all that was visible.
        missing: What did not exist when it was read last.
        newest_ms: The time of the newest line that was shown.
        idle: Its last pages were empty, and it had come to the end before: more are not asked for at once. That matters
            for a service that does not repeat the token at the end.
    """

    def __init__(self, start_ms: int) -> None:
        """Begin at a time, in milliseconds since the epoch."""
        self.start_ms = start_ms
        self.token: str | None = None
        self.at_end = False
        self.missing: Missing | None = None
        self._shown = Counter[tuple[int, int, int]]()
        self._seen = Counter[tuple[int, int, int]]()
        self._known_from_ms = start_ms
        self.newest_ms = start_ms
        self.idle = False
        self._was_at_end = False
        self._empty_pages = 0
        self._forget_at = _FEW

    def take(self, page: LogPage) -> list[LogEvent]:
        """Take the page that was asked for with ``start_ms`` and ``token``; return what is new on it."""
        self.missing = page.missing
        new = []
        for event in page.events:
            at = event.at_ms or 0
            key = (at, event.arrived_ms, hash(event.text))
            self._seen[key] += 1
            if self._seen[key] > self._shown[key]:
                self._shown[key] += 1
                self.newest_ms = max(self.newest_ms, at)
                new.append(event)
        self._empty_pages = 0 if page.events else self._empty_pages + 1
        # A stream without a line for hours has empty pages; a service that repeats no token must not be asked for ever.
        self.at_end = page.token in (None, self.token) or self._empty_pages >= LOG_EMPTY_PAGES
        self.token = page.token or self.token
        self._was_at_end |= self.at_end
        self.idle = self._was_at_end and self._empty_pages % LOG_IDLE_PAGES == 0 and not page.events
        if self.at_end:
            self._empty_pages = 0
        self._forget()
        return new

    def begin_again(self) -> None:
        """Begin another sweep, a little before the newest line, in which lines are found that have come late."""
        self.start_ms = max(self._known_from_ms, self.newest_ms - self._overlap_ms())
        self.token, self.at_end = None, False
        self._seen.clear()
        self._shown = Counter({key: times for key, times in self._shown.items() if key[0] >= self.start_ms})

    def _overlap_ms(self) -> int:
        """Return how far to go back: less far in a stream with very many lines, which would be read over and over."""
        overlap_ms = round(LOG_OVERLAP_S * 1000)
        while overlap_ms > 1 and sum(key[0] > self.newest_ms - overlap_ms for key in self._shown) > LOG_OVERLAP_LINES:
            overlap_ms //= 2
        return overlap_ms

    def _forget(self) -> None:
        """Forget what no sweep will see again, so that the memory of a long log is bounded."""
        if len(self._shown) > self._forget_at:
            self._known_from_ms = max(self._known_from_ms, self.newest_ms - self._overlap_ms())
            for counts in (self._shown, self._seen):
                for key in [key for key in counts if key[0] < self._known_from_ms]:
                    del counts[key]
            self._forget_at = max(_FEW, 2 * len(self._shown))

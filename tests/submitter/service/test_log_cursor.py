"""Reading a stream in sweeps: whatever comes late, and however it is paged, each line is shown once."""

from bisect import bisect_right
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.submitter.service import log_cursor
from kedro_batch.submitter.service.limits import LOG_EMPTY_PAGES, LOG_OVERLAP_S
from kedro_batch.submitter.service.log_cursor import LogCursor, LogEvent, LogPage

LATEST_MS = round(LOG_OVERLAP_S * 1000)
WRITTEN = st.lists(
    st.tuples(st.integers(0, LATEST_MS // 4), st.integers(0, LATEST_MS // 4), st.sampled_from("ab")), max_size=30
)
"""Of each line: how long after the one before it was written, how much later it becomes visible, and its text."""


def page_of(events: list[LogEvent], cursor: LogCursor, size: int) -> LogPage:
    """Return a page as the service does: behind the time and number where the one before has ended."""
    keys = [(one.at_ms or 0, number) for number, one in enumerate(events)]
    at, _, number = (cursor.token or "").partition(".")
    behind = bisect_right(keys, (int(at), int(number))) if at else 0
    found = [one for one in range(behind, len(events)) if (events[one].at_ms or 0) >= cursor.start_ms][:size]
    token = "{}.{}".format(*keys[found[-1]]) if found else cursor.token or "0.-1"
    return LogPage(events=tuple(events[one] for one in found), token=token)


@given(written=WRITTEN, size=st.integers(1, 5), looks=st.integers(1, 6))
def test_each_line_is_shown_once(written, size, looks):
    lines, now = [], 0
    for after, late, text in written:
        now += after
        lines.append((now + late, LogEvent(text, now, now + late)))
    cursor, shown = LogCursor(0), []
    times = [*sorted({visible for visible, _ in lines})[::looks], now + LATEST_MS]
    for time in times:
        visible = [event for at, event in lines if at <= time]
        cursor.begin_again()
        while not cursor.at_end:
            shown += cursor.take(page_of(visible, cursor, size))
    assert Counter(shown) == Counter(event for _, event in lines)


def test_a_service_that_repeats_no_token_is_at_its_end_after_many_empty_pages():
    cursor = LogCursor(0)
    for number in range(LOG_EMPTY_PAGES):
        assert not cursor.at_end
        cursor.take(LogPage(token=f"{number}"))
    assert cursor.at_end


def test_a_log_with_very_many_lines_is_read_again_less_far_and_keeps_few_of_them(monkeypatch):
    monkeypatch.setattr(log_cursor, "LOG_OVERLAP_LINES", 100)
    cursor = LogCursor(0)
    for start in range(0, 10_000, 100):
        events = tuple(LogEvent("x", at_ms, at_ms) for at_ms in range(start, start + 100))
        assert len(cursor.take(LogPage(events=events, token=f"{start}"))) == 100
    cursor.begin_again()
    assert cursor.start_ms >= 10_000 - 200
    again = tuple(LogEvent("x", at_ms, at_ms) for at_ms in range(cursor.start_ms, 10_001))
    assert cursor.take(LogPage(events=again, token=f"{10_000}")) == [LogEvent("x", 10_000, 10_000)]
    for at_ms in range(20_000, 100_000, 20_000):  # few lines now: what was forgotten is not read again
        cursor.take(LogPage(events=(LogEvent("y", at_ms, at_ms),), token=f"{at_ms}"))
    cursor.begin_again()
    assert cursor.start_ms >= 10_000 - 200

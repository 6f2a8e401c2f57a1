"""How lines of logs are shown."""

import pytest

from kedro_batch.plan.model import JobName
from kedro_batch.review.run.log_lines import WIDEST, LogLines
from kedro_batch.submitter.service.log_cursor import LogEvent

SHORT, LONG = JobName("load"), JobName("preprocess_all_of_the_companies_of_europe_node")
AT = 1_796_022_417_372


def shown(job: JobName, text: str, at_ms: int | None = AT, **shape) -> list[str]:
    lines = LogLines(
        [SHORT, LONG],
        **{"widest": 0, "colours": False, "times": False, "most": None, **shape},
    )
    return list(lines.shown(job, LogEvent(text, at_ms)))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("plain", ["plain"]),
        ("", [""]),
        ("one\ntwo\n", ["one", "two"]),
        ("one\r\ntwo\r\n", ["one", "two"]),
        ("10%\r 50%\r100%", ["100%"]),
        ("100%\r", ["100%"]),
        ("\x1b[1;31mred\x1b[0m \x1b]0;title\x07and \x07\u202eevil", ["red and evil"]),
        ("a\tb", ["a\tb"]),
        ("\udcff bad", [" bad"]),
    ],
)
def test_what_a_terminal_would_obey_is_dropped(text, lines):
    assert shown(SHORT, text) == lines


def test_several_jobs_are_told_apart_by_names_of_one_width():
    prefixes = [shown(job, "x", widest=WIDEST)[0] for job in (SHORT, LONG)]
    assert prefixes == ["load                             | x", "preprocess_all_...of_europe_node | x"]


def test_a_job_has_the_same_colour_each_time():
    (line,) = shown(SHORT, "x", widest=WIDEST, colours=True)
    assert (line, shown(SHORT, "x", widest=WIDEST, colours=True)) == (
        "\x1b[1;36mload                             |\x1b[0m x",
        [line],
    )


@pytest.mark.parametrize(
    ("at_ms", "time"), [(AT, "2026-11-30T07:06:57.372Z"), (0, "1970-01-01T00:00:00.000Z"), (10**18, "?")]
)
def test_each_line_has_its_time(at_ms, time):
    assert shown(SHORT, "x\ny", at_ms, times=True) == [f"{time} x", f"{time} y"]


def test_a_line_is_cut_where_that_is_wanted():
    assert shown(SHORT, "x" * 100, most=10) == ["xxxxxxx..."]
    assert shown(SHORT, "x" * 10_000) == ["x" * 10_000]

"""What is shown of a failed job's log: tables of logs, as Python, rich, Kedro and Java write them, and any text."""

import io
import json
import traceback
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.traceback import Traceback

from kedro_batch.submitter.log_excerpt import LOG_LINES, WIDTH, Excerpt, excerpt_of
from kedro_batch.text.escaping import INVISIBLE

KEDRO = Path(__file__).parent.parent / "faults" / "logs"
NODES = ["first", "clean_companies_with_a_long_name_node", "ok([b]) -> [d]"]


class Ascii(io.StringIO):
    """A file on which rich draws its boxes in ASCII."""

    encoding = "ascii"


def raised(error: BaseException) -> BaseException:
    try:
        raise error  # noqa: TRY301  it has to have been raised here
    except BaseException as found:  # noqa: BLE001  every kind of exception is drawn, KeyboardInterrupt too
        return found


def caused(*errors: Exception) -> BaseException:
    """Raise each from the one before."""
    before = None
    for error in errors:
        error.__cause__ = before
        before = raised(error)
    assert before
    return before


def while_handling(error: Exception, handled: Exception) -> BaseException:
    error.__context__ = raised(handled)
    return raised(error)


def as_python(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def as_rich(error: BaseException, file: io.StringIO | None = None, *, locals_too: bool = False) -> str:
    file = file or io.StringIO()
    drawn = Traceback.from_exception(type(error), error, error.__traceback__, show_locals=locals_too)
    Console(file=file, width=80).print(drawn)
    return file.getvalue()


def as_ascii(error: BaseException) -> str:
    return as_rich(error, Ascii())


def with_locals(error: BaseException) -> str:
    return as_rich(error, locals_too=True)


def as_json(error: BaseException) -> str:
    return json.dumps({"level": "error", "record": {"exc": as_python(error)}})


def excerpt(log: str, nodes: list[str] | None = None) -> Excerpt:
    return excerpt_of(log.split("\n"), nodes or [])


def syntax_error() -> BaseException:
    try:
        compile("a b", "nodes.py", "exec")
    except SyntaxError as error:
        return error
    raise AssertionError


FORMS = [as_python, as_rich, as_ascii, with_locals, as_json]
PY4J = "py4j.protocol.Py4JJavaError: An error occurred while calling o45.save."
SPARK = f"""Traceback (most recent call last):
  File "a.py", line 3, in f
{PY4J}
: org.apache.spark.SparkException: Job aborted.
\tat org.apache.spark.A(B.scala:1)
Caused by: java.io.IOException: disk full
\t... 12 more
"""
IN_A_POOL = """concurrent.futures.process._RemoteTraceback:
'''
Traceback (most recent call last):
  File "nodes.py", line 7, in clean
ValueError: no
'''

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "runner.py", line 1, in run
ValueError: no
"""
LONG = "a text that is so long that it has to be folded, in the middle of a sentence or behind a word, once or twice"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("error", "exception", "cause"),
    [
        (ValueError("no companies"), "ValueError: no companies", None),
        (ValueError(LONG), f"ValueError: {LONG}", None),
        (ValueError("x" * 200), f"ValueError: {'x' * 200}", None),
        (ValueError("two\nlines"), "ValueError: two lines", None),
        (KeyError("x"), "KeyError: 'x'", None),
        (MemoryError(), "MemoryError", None),
        (type("ОшибкаДанных", (Exception,), {"__module__": "builtins"})("нет"), "ОшибкаДанных: нет", None),
        (caused(KeyError("x"), ValueError("no x")), "ValueError: no x", "KeyError: 'x'"),
        (caused(OSError("disk"), ValueError("b"), TypeError("c")), "TypeError: c", "OSError: disk"),
        (while_handling(ValueError("no x"), KeyError("x")), "ValueError: no x", "KeyError: 'x'"),
        (
            ExceptionGroup("two", [ValueError("1"), KeyError("2")]),
            "ExceptionGroup: two (2 sub-exceptions)",
            "ValueError: 1",
        ),
        (syntax_error(), "SyntaxError: invalid syntax", None),
    ],
    ids=lambda value: None if value is None else str(value)[:20],
)
def test_the_exception_is_found_with_the_one_that_led_to_it(form, error, exception, cause):
    found = excerpt(f"10:01 starting\n{form(raised(error))}")
    assert (found.exception, found.exception_cause) == (exception, cause)
    assert not found.cut_off


@pytest.mark.parametrize(
    ("log", "exception", "cause"),
    [
        ("kedro.io.core.DatasetError: gone", "kedro.io.core.DatasetError: gone", None),
        ("Usage: kedro run\n\nError: No such option: --foo", "Error: No such option: --foo", None),
        (
            'Traceback (most recent call last):\n  File "a", line 1\nbotocore.exceptions.ClientError: An error',
            "botocore.exceptions.ClientError: An error",
            None,
        ),
        (SPARK, f"{PY4J} : org.apache.spark.SparkException: Job aborted.", "java.io.IOException: disk full"),
        (
            'Exception in thread "main" java.lang.RuntimeException: no\n\tat A\nCaused by: java.io.IOException: disk',
            "java.lang.RuntimeException: no",
            "java.io.IOException: disk",
        ),
        (IN_A_POOL, "ValueError: no", None),
        ('ERROR root Traceback (most recent call last):\n  File "a"\nValueError: no', "ValueError: no", None),
        ('  Traceback (most recent call last):\n    File "a"\n  ValueError: no\n  more', "ValueError: no more", None),
        ("ValueError: no\r\n", "ValueError: no", None),
        ("all is well\nuntil here", None, None),
        ("", None, None),
        ("Traceback (most recent call last):", None, None),
    ],
)
def test_what_java_says_and_what_has_no_traceback_is_found_too(log, exception, cause):
    found = excerpt(log)
    assert (found.exception, found.exception_cause) == (exception, cause)


def test_an_exception_that_was_handled_long_before_the_end_says_nothing_of_it():
    handled = as_python(raised(ValueError("handled")))
    assert excerpt(handled + "\n10:02 going on").exception == "ValueError: handled"
    assert excerpt(handled + "\n10:02 going on" * 100).exception is None


def test_a_log_that_ends_within_a_traceback_is_cut_off():
    whole = as_python(caused(KeyError("x"), ValueError("no x")))
    found = excerpt(whole[: whole.rindex("ValueError")])
    assert (found.exception, found.cut_off) == ("KeyError: 'x'", True)


def test_lines_of_a_log_that_follow_are_no_part_of_the_message():
    log = as_python(raised(ValueError("no")))
    for following in ("2025-11-30 10:00:00,123 - root - INFO - end", "[11/30/25 10:00:00] INFO  end", "INFO:root:end"):
        assert excerpt(f"{log}{following}").exception == "ValueError: no"


@pytest.mark.parametrize("version", ["kedro_1", "kedro_0_19"])
def test_of_a_log_of_kedro_node_and_code_of_the_project_are_shown(version):
    found = excerpt((KEDRO / f"{version}.txt").read_text(), NODES)
    assert found.node == "clean_companies_with_a_long_name_node"
    assert found.exception == "RuntimeError: cannot clean the table 'companies' second line of message"
    assert str(found.exception_cause).startswith(
        "ValueError: invalid literal for int() with base 10: 'not a number at all"
    )
    end = list(found.lines[-5:])
    assert end[0].strip() == "(19 frames of Kedro)"
    assert end[1] == '  File "/home/kedro/src/a_project/pipeline_registry.py", line 9, in clean'
    assert not any(line.startswith(("│", "╭", "╰")) for line in found.lines)


def test_frames_of_kedro_stay_where_the_exception_was_raised_there():
    frame = '  File "/opt/lib/python3.11/site-packages/kedro/io/core.py", line 1, in load\n    raise DatasetError\n'
    found = excerpt(f"Traceback (most recent call last):\n{frame}{frame}kedro.io.core.DatasetError: no file")
    assert len(found.lines) == 6


@pytest.mark.parametrize(
    ("log", "node"),
    [
        ("Running node: a: f([x]) -> [y]\nNode a: f([x]) -> [y] failed with error: \nno", "a"),
        ("Running node: ab: f([x]) -> [y]\nNode ab: f([x]) -> [y] failed with error: \nno", "ab"),
        ("Node f([x]) -> [y] failed with error:\nno", "f([x]) -> [y]"),
        ("Running node: a: f() -> None\nCompleted node: a\nRunning node: ab: Node() -> None\nKilled", "ab"),
        ("Running node: a: f() -> None\nCompleted node: a\nCompleted 1 out of 3 tasks", None),
        ("Node stranger: f([x]) -> [y] failed with error:\nno", None),
        ("nothing", None),
    ],
)
def test_the_node_of_a_group_is_named_where_the_log_tells(log, node):
    assert excerpt(log, ["a", "ab", "f([x]) -> [y]"]).node == node


def test_a_job_with_one_node_needs_no_name_of_it():
    assert excerpt("Node a: f([x]) -> [y] failed with error:\nno", ["a"]).node is None


PARTS = st.sampled_from(
    [
        *("Traceback (most recent call last):", '  File "a", line 1, in f', "ValueError: x", "Caused by: y", "{", "\r"),
        *("╭──── Traceback (most recent call last) ────╮", "│ a.py:1 in f │", "│ ❱ 1 x │", "╰────╯", "\n", "\x1b[31m"),
        *(
            "  + Exception Group Traceback (most recent call last):",
            "  | ValueError: x",
            "    | KeyError: 1",
            "+-+---- 1",
        ),
        *(
            "During handling of the above exception, another exception occurred:",
            "Node a: failed with error:",
            "a" * 600,
        ),
        *(
            "╭──── Sub-exception #1 ────╮",
            'Exception in thread "x" A: b',
            "Running node: ",
            "\ud800",
            "\u2028",
            "\x9b1m",
        ),
        '{"a": ["Traceback (most recent call last):"]}',
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PARTS | st.text(max_size=30), max_size=60).map("".join) | st.lists(PARTS, max_size=60).map("\n".join))
def test_whatever_a_log_holds_its_excerpt_is_short_and_harmless(log):
    found = excerpt_of(log.split("\n"), ["a", "ab"])
    assert len(found.lines) <= LOG_LINES
    for text in (*found.lines, found.exception or "", found.exception_cause or ""):
        assert len(text) <= WIDTH
        assert not any(ord(one) < 32 or 127 <= ord(one) < 160 for one in text.replace("\t", ""))
        assert not INVISIBLE.search(text)


@pytest.mark.parametrize(
    "line",
    ["|" * 4000, "a." * 2000, "A" * 4000, " " * 4000 + "x", "❱ " * 2000, "1 " * 2000, "{" * 4000, "<locals>" * 500],
)
def test_no_line_takes_long(line):
    box = "╭──── Traceback (most recent call last) ────╮"
    log = [box, *[f"│ {line} │"] * 500, "╰────╯", *[line] * 500, "Traceback (most recent call last):", line] * 3
    assert len(excerpt_of(log).lines) == LOG_LINES  # a time that grows with the square would end it: 1200 s

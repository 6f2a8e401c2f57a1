"""Texts that are wider than a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from kedro_batch.text.fitting import fitted, fitted_name

LONG_PATH = "  log: candidate_modelling_pipeline-split_data_node/default/d89c6cb4-e858-4425-aef4-c433ba7543d3"
CODE = '  |     table = shuttles.merge(prices, left_on="shuttle_id", right_on="id", validate="one_to_one")'


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("what fits  stays as it is ", ["what fits  stays as it is "]),
        ("", [""]),
        (
            "run nightly-42 failed after 52 s (this command: 31 s): 200 jobs, 100 succeeded, 5 failed, 95 will not run",
            [
                "run nightly-42 failed after 52 s (this command: 31 s):",
                "  200 jobs, 100 succeeded, 5 failed, 95 will not run",
            ],
        ),
        (
            "run nightly-42 failed after 35 s: 9 jobs, 6 succeeded, 1 failed, 2 will not run",
            ["run nightly-42 failed after 35 s: 9 jobs, 6 succeeded,", "  1 failed, 2 will not run"],
        ),
        (
            "  not run because of it (3): berlin-split_data_node, berlin-train_model_node, hamburg-split_data_node",
            [
                "  not run because of it (3): berlin-split_data_node,",
                "    berlin-train_model_node, hamburg-split_data_node",
            ],
        ),
        (
            "  kedro-batch resume nightly-42           submit what has not succeeded",
            ["  submit what has not succeeded:", "    kedro-batch resume nightly-42"],
        ),
        (
            "  kedro-batch resume n --new-plan p.yaml  submit it changed, after kedro-batch compile -e batch -o p.yaml",
            [
                "  submit it changed, after",
                "    kedro-batch compile -e batch -o p.yaml",
                "    kedro-batch resume n --new-plan p.yaml",
            ],
        ),
        (
            "and 4 more failures (load_companies, load_shuttles): kedro-batch logs --run nightly-42",
            ["and 4 more failures (load_companies, load_shuttles):", "  kedro-batch logs --run nightly-42"],
        ),
        (LONG_PATH, [LONG_PATH]),
        (CODE, [CODE]),
    ],
)
def test_lines_break_at_blanks_and_what_is_copied_stays_whole(line, lines):
    assert fitted(line, 56).split("\n") == lines


@given(st.lists(st.text("ab,äジ|- ", max_size=60)), st.integers(1, 40))
def test_no_word_is_lost_or_cut_and_a_line_is_too_wide_only_for_a_word_that_is(lines, width):
    text = "\n".join(lines)
    told = fitted(text, width)
    assert told.split() == text.split()
    for line in told.split("\n"):
        widest = max(map(cell_len, line.split()), default=0)
        indent = len(line) - len(line.lstrip(" "))
        assert cell_len(line) <= width or line.lstrip(" ").startswith("|") or indent + widest + 2 > width


def test_each_line_of_a_text_is_broken_for_itself_and_its_end_stays():
    assert fitted("one two three\n\nfour\n", 8) == "one two\n  three\n\nfour\n"


def test_what_makes_a_text_a_link_takes_no_room():
    link = f"  job: \x1b]8;;https://console.aws.amazon.com/{'x' * 80}\x1b\\id-1\x1b]8;;\x1b\\ of 2"
    assert fitted(link, 18) == link
    assert fitted(link, 12).splitlines() == [link.removesuffix(" of 2"), "    of 2"]


@pytest.mark.parametrize(
    ("name", "width", "shown"),
    [
        ("split", 7, "split  "),
        ("preprocess_shuttles_node", 12, "prepr...node"),
        ("preprocess_shuttles_node", 5, "p...e"),
        ("preprocess_shuttles_node", 4, "p..."),
        ("東京東京東京東京", 11, "東京...東京"),
        ("東京東京東京東京", 10, "東京... 京"),
    ],
)
def test_a_name_fills_its_column_and_loses_its_middle(name, width, shown):
    assert fitted_name(name, width) == shown

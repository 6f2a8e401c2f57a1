import os
import termios
from io import StringIO
from pathlib import Path

import pytest

from kedro_batch.cli.streams import fitted_to

TEXT = "run r failed: 9 jobs, 6 succeeded\n  kedro-batch resume r  submit what has not succeeded\n"


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        (
            30,
            "run r failed: 9 jobs,\n  6 succeeded\n  submit what has not\n    succeeded:\n    kedro-batch resume r\n",
        ),
        (80, TEXT),
        (0, TEXT),
    ],
)
def test_a_text_is_fitted_into_the_width_of_a_terminal(columns, text):
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    with os.fdopen(theirs, "w") as stream:
        assert fitted_to(stream, TEXT) == text
    os.close(ours)


def test_a_text_that_no_terminal_shows_stays_as_it_is(tmp_path: Path):
    text = TEXT * 9
    with (tmp_path / "file").open("w") as stream:
        assert fitted_to(stream, text) == text
    assert fitted_to(StringIO(), text) == text

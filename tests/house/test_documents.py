"""What the documents promise about the program as a whole."""

import re
from pathlib import Path

from tests.pictures import FOLDER, MOST_BYTES, PICTURES

ROOT = Path(__file__).parent.parent.parent


def test_the_readme_s_first_command_lines_are_the_agreed_ones():
    lines = [line.strip() for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("    python3")]
    assert lines == [
        'python3 -m venv .venv && .venv/bin/pip install -e ".[demo]" && .venv/bin/kedro-batch demo',
        'python3 -m venv .venv && .venv/bin/pip install -e ".[dev]" && .venv/bin/pytest',
    ]


def test_each_picture_is_shown_has_a_command_that_makes_it_and_is_small():
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    shown = {Path(name).stem for page in pages for name in re.findall(r"!\[[^]]+\]\(([^)]+)\)", page.read_text())}
    assert shown == set(PICTURES) == {file.stem for file in FOLDER.iterdir()}
    assert all(0 < file.stat().st_size <= MOST_BYTES for file in FOLDER.iterdir())

"""What the documents promise about the program as a whole."""

from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_the_readme_s_first_command_lines_are_the_agreed_ones():
    lines = [line.strip() for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("    python3")]
    assert lines == [
        'python3 -m venv .venv && .venv/bin/pip install -e ".[demo]" && .venv/bin/kedro-batch demo',
        'python3 -m venv .venv && .venv/bin/pip install -e ".[dev]" && .venv/bin/pytest',
    ]

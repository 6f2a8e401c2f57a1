"""What the documents promise about the program as a whole."""

from pathlib import Path

from kedro_batch import errors
from kedro_batch.cli import base

ROOT = Path(__file__).parent.parent.parent


def test_the_readme_documents_every_exit_code():
    def codes(error):
        return {error.exit_code}.union(*(codes(child) for child in error.__subclasses__()))

    table = (ROOT / "README.md").read_text().partition("## Exit codes")[2].partition("##")[0]
    documented = {int(n) for row in table.splitlines()[4:] if row for n in row.split("|")[1].split(",")}
    signals = {errors.Interrupted(number).exit_code for number in base.INTERRUPTING}
    assert documented == codes(errors.KedroBatchError) | signals | {0, base.CLOSED_PIPE}


def test_the_readme_s_first_command_lines_are_the_agreed_ones():
    lines = [line.strip() for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("    python3")]
    assert lines == [
        'python3 -m venv .venv && .venv/bin/pip install -e ".[demo]" && .venv/bin/kedro-batch demo',
        'python3 -m venv .venv && .venv/bin/pip install -e ".[dev]" && .venv/bin/pytest',
    ]

"""Runs commands of our own as a user would, for commands that consist of several."""

import sys
from pathlib import Path

from kedro_batch.cli.child_process import run_child


def run_own_command(words: list[str], *, cwd: Path) -> int:
    """Run ``kedro-batch WORDS`` in a folder, hand signals on to it, and return its exit code as a shell does."""
    sys.stdout.flush()
    return run_child([sys.executable, "-m", "kedro_batch", *words], cwd=cwd).code

"""Runs the real command line as a subprocess, the way a user or a CI job does."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GENEROUS_S = 600
"""Ends what hangs. Nothing that a test says may depend on it: on a busy machine everything takes many times as long."""

PROGRAM = [sys.executable, "-m", "kedro_batch"]
BIN = Path(sys.executable).parent

# Nothing of the machine's own AWS set-up may reach a test, and no test may reach AWS.
_ISOLATED = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "DO_NOT_TRACK": "1",
}
_DROPPED = ("AWS_", "KEDRO_", "NO_COLOR", "FORCE_COLOR", "PYTHONHASHSEED", "COLUMNS")


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED)}
    path = os.pathsep.join([str(BIN), kept.get("PATH", os.defpath)])
    return {**kept, **_ISOLATED, "PATH": path, **(extra or {})}


def unmeasured(env: Mapping[str, str]) -> dict[str, str]:
    """Return variables with which coverage measures no program: measured, Python takes twice as long to start."""
    return {name: value for name, value in env.items() if not name.startswith("COVERAGE_")}


def kedro_batch(
    *words: str | Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    timeout: float = GENEROUS_S,
) -> Ended:
    """Run ``kedro-batch WORDS`` in a folder, with extra environment variables."""
    return run([*PROGRAM, *map(str, words)], cwd=cwd, env=env, stdin=stdin, timeout=timeout)


def run(
    command: list[str],
    cwd: Path,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    timeout: float = GENEROUS_S,
) -> Ended:
    ended = subprocess.run(
        command, cwd=cwd, env=environment(env), input=stdin, capture_output=True, timeout=timeout, check=False
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr.decode())

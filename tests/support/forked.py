"""Runs the real command line in forks of one process that has Kedro loaded already.

Starting Python and loading Kedro takes most of a second, and what a test is about a tenth of it. One process, started
by the first test that needs it, loads everything once and then only forks: it has one thread and compiles nothing. The
child gets a command's folder, environment, arguments and standard streams, and calls the program's ``main``. What
depends on the start of a process, such as its imports or its hash seed, is tested with ``command_line`` instead.
"""

import atexit
import gc
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kedro_batch.cli import main
from kedro_batch.files import json_schema
from tests.support.command_line import BIN, Ended, environment
from tests.support.impatient import ALONE, shorten_pauses
from tests.support.services import Moto, StandIn

_ROOT = Path(__file__).parent.parent.parent
_LOADED_ONCE = (
    "boto3",
    "kedro.framework.cli",
    "kedro.framework.context",
    "kedro_batch.cli.infra_deletion",
    "kedro_batch.cli.infra_deployment",
    "kedro_batch.cli.infra_results",
    "kedro_batch.compiler.compile",
    "kedro_batch.compiler.project.kedro_loader",
    "kedro_batch.plan.reader",
    "kedro_batch.plan.writer",
    "kedro_batch.review.diagnostics",
)
_LOADED_FOR_RUNS = (
    "kedro_batch.cli.run_session",
    "kedro_batch.cli.shown_history",
    "kedro_batch.cli.shown_logs",
    "kedro_batch.cli.status_report",
    "kedro_batch.review.report.formats",
    "kedro_batch.submitter.batch_logs",
    "kedro_batch.submitter.listed_history",
    "kedro_batch.submitter.run_look",
    "kedro_batch.submitter.service.aws",
)
_LOADED_FOR_KEDRO = ("kedro.runner", "pandas")
"""Every session asks for pandas: its parameters are in a MemoryDataset."""
_STREAMS = (("stdin", os.O_RDONLY), ("stdout", os.O_WRONLY), ("stderr", os.O_WRONLY))


def on(service: StandIn, *words: str, cwd: Path) -> Ended:
    """Run ``kedro-batch WORDS`` against a service, with short pauses (``impatient``)."""
    return kedro_batch(*words, cwd=cwd, env=service.environment, impatient=True)


def kedro(service: StandIn | Moto, *words: str, cwd: Path, env: Mapping[str, str] | None = None) -> Ended:
    """Run ``kedro WORDS`` against a service, with short pauses."""
    return kedro_batch(*words, cwd=cwd, env={**service.environment, **(env or {})}, impatient=True, program="kedro")


def kedro_batch(
    *words: str | Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    impatient: bool = False,
    program: str = "kedro-batch",
) -> Ended:
    """Run ``kedro-batch WORDS``, or another program that is loaded, in a folder, with extra environment variables."""
    with TemporaryDirectory() as folder:
        files = {name: Path(folder, name) for name, _ in _STREAMS}
        for file in files.values():
            file.write_bytes(stdin if file.name == "stdin" else b"")
        code = _ask_server(
            words=[program, *map(str, words)],
            cwd=str(cwd),
            env=environment(env),
            streams=[*map(str, files.values())],
            impatient=impatient,
        )
        return Ended(code, files["stdout"].read_bytes(), files["stderr"].read_text())


def _ask_server(**request: Any) -> int:
    server = _server()
    assert server.stdin
    assert server.stdout
    try:
        server.stdin.write(json.dumps(request).encode() + b"\n")
        server.stdin.flush()
        return int(server.stdout.readline())
    except BaseException:  # a test that timed out: the reply to its command must not be taken for that to the next
        _server.cache_clear()
        server.kill()
        raise


@cache
def _server() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.support.forked"]
    env = environment({"OPENBLAS_NUM_THREADS": "1"})  # numpy would start threads, and a fork has but one
    server = subprocess.Popen(
        command,
        cwd=_ROOT,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # else commands could ask on the terminal of whoever runs the tests
    )
    atexit.register(server.communicate)  # it ends when there are no more requests
    return server


def _serve() -> None:
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # Kedro logs to standard output
    sys.path[0] = str(BIN)  # as in the installed program
    sys.modules["__main__"].__package__ = None  # click calls the program as this says
    for module in _LOADED_ONCE:
        import_module(module)
    for schema in ("config", "plan"):
        json_schema.check({}, schema)
    gc.freeze()  # the children need not look at what is loaded
    for line in sys.stdin.buffer:
        request = json.loads(line)
        impatient = request.pop("impatient")
        needed = [
            *(_LOADED_FOR_RUNS if impatient else ()),
            *(_LOADED_FOR_KEDRO if request["words"][0] == "kedro" else ()),
        ]
        for module in needed:
            import_module(module)
        if child := os.fork():
            replies.write(b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            replies.flush()
        else:
            if impatient:
                shorten_pauses(ALONE)
            _become(**request)
            _run_and_exit()


def _run_and_exit() -> None:
    """Run the program and end the process at once: to take all of Kedro down again would take as long as a command."""
    try:
        program = main if sys.argv[0] == "kedro-batch" else import_module("kedro.framework.cli").main
        program()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    except BaseException:  # noqa: BLE001  a traceback, and 1, as the interpreter does
        traceback.print_exc()
        code = 1
    atexit._run_exitfuncs()  # noqa: SLF001  coverage writes what it has measured
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def _become(words: list[str], cwd: str, env: dict[str, str], streams: list[str]) -> None:
    """Take over the folder, environment, arguments and standard streams of a command."""
    for descriptor, (file, (_, mode)) in enumerate(zip(streams, _STREAMS, strict=True)):
        os.dup2(os.open(file, mode), descriptor)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = words


if __name__ == "__main__":
    _serve()

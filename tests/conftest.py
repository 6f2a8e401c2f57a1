"""What tests of several folders share."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from kedro_batch.cli.signals import INTERRUPTING
from tests.support.account import Account, account
from tests.support.command_line import environment
from tests.support.figures import show_figures
from tests.support.projects import write_project
from tests.support.services import Moto, moto
from tests.support.transcripts import Transcript

_LONGEST_ID = 100
_FAULTS = Path(__file__).parent / "faults"

# Property tests may take as long as they need: a busy machine is not a bug, and slow code has a benchmark.
settings.register_profile(
    "suite", max_examples=100, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")


def pytest_xdist_auto_num_workers() -> int:
    """Run two tests for each processor: many of them wait for a service that is slow or gone, as people would."""
    return 2 * (os.cpu_count() or 1)


def pytest_configure() -> None:
    """Let the programs of the tests be interrupted, even where a shell or ``nohup`` has started them all.

    A shell ignores SIGINT for what it starts in the background, and ``nohup`` ignores SIGHUP. What is ignored stays so
    for every program below.
    """
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    show_figures(terminalreporter)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a test after the beginning of a long text: whole, a text of 16 MiB is in every list and report of tests."""
    if not isinstance(val, str | bytes) or len(val) <= _LONGEST_ID:
        return None
    begin = val[:_LONGEST_ID] if isinstance(val, str) else val[:_LONGEST_ID].decode("ascii", "backslashreplace")
    return f"{begin.encode('unicode_escape').decode('ascii')}... of {len(val)}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the tests that mostly wait among those that work, so that neither the machine nor they stand idle."""
    waiting = [item for item in items if _FAULTS in item.path.parents]
    working = [item for item in items if _FAULTS not in item.path.parents]
    places = [(number / len(some), item) for some in (waiting, working) for number, item in enumerate(some)]
    items[:] = [item for _, item in sorted(places, key=lambda place: place[0])]


@pytest.fixture(scope="session", autouse=True)
def no_bytecode() -> None:
    """Keep no bytecode of what tests write, in this process and in their programs.

    A test may write a module twice within a second, and Python, which compares times by the second, would take the
    bytecode of the first one. It would also be among the files that a command has written. What was imported until now,
    the tests and what they test, keeps its bytecode: else each process would rewrite the asserts of all tests anew.
    """
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"


@pytest.fixture(autouse=True)
def signal_handlers() -> Iterator[None]:
    """Leave the signals as they were: a command that was interrupted ignores them, and so would every later program."""
    before = {number: signal.getsignal(number) for number in INTERRUPTING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A Kedro project of four nodes in a diamond, with queue and definition."""
    return write_project(tmp_path / "project")


@pytest.fixture
def transcript(tmp_path: Path) -> Transcript:
    """What a person sees who works in the folder of the test."""
    return Transcript(tmp_path)


@pytest.fixture(scope="session")
def moto_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    with moto(tmp_path_factory.mktemp("moto")) as server:
        yield server


@pytest.fixture
def aws_account(moto_server: Moto) -> Iterator[Account]:
    """An empty account, for the command line."""
    with account(moto_server) as it:
        yield it


@pytest.fixture
def aws(aws_account: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An empty account that boto3 in this process reaches."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in environment(aws_account.environment).items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    return aws_account

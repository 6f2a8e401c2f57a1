"""Runs the program with a service that shows every job at once: ``python impatient.py apply plan.yaml --run-id r1``.

ListJobs and DescribeJobs may be late, so the program looks again for 15 s before it believes that there is no job. The
stand-in is never late unless it is told to be: where a test is about something else, a tenth of that time will do. A
command that nobody else works beside (``forked.on``) needs a fiftieth.
"""

import sys
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from kedro_batch import submitter
from kedro_batch.cli import main
from kedro_batch.submitter.service import limits

BESIDE_OTHERS = 10
ALONE = 50


def shorten_pauses(divisor: int) -> None:
    """Give every module of the submitter that uses the pauses of ``service.limits`` shorter ones."""
    modules = [import_module(one.name) for one in walk_packages(submitter.__path__, f"{submitter.__name__}.")]
    shorter_ones = {
        "LOOKUP_DELAYS_S": tuple(delay_s / divisor for delay_s in limits.LOOKUP_DELAYS_S),
        "VISIBLE_AFTER_S": limits.VISIBLE_AFTER_S / divisor,
        "TERMINATE_AGAIN_S": limits.TERMINATE_AGAIN_S / divisor,
        "LOG_AGAIN_S": tuple(again_s / divisor for again_s in limits.LOG_AGAIN_S),
        "LOG_EMPTY_S": tuple(empty_s / divisor for empty_s in limits.LOG_EMPTY_S),
        **{name: getattr(limits, name) / divisor for name in ("LOG_LOOK_S", "LOG_JOBS_S")},
        "DEFINITION_LOOKUP_DELAYS_S": tuple(delay_s / 100 for delay_s in limits.DEFINITION_LOOKUP_DELAYS_S),
    }
    for name, shorter in shorter_ones.items():
        for module in modules:
            if hasattr(module, name):
                setattr(module, name, shorter)


if __name__ == "__main__":
    shorten_pauses(BESIDE_OTHERS)
    main(prog_name="kedro-batch")

"""Search many seeds, or tell the story of one: see the package."""

import argparse
import sys

from tests.simulation.many import Summary, simulate_many
from tests.simulation.search import Simulated, simulate


def main() -> int:
    """Simulate what the command line says; return 1 if a promise is broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="Tell the story of this seed.")
    parser.add_argument("--seeds", default="0:200", metavar="FROM:TO", help="Simulate these.")
    parser.add_argument("--minutes", type=float, default=60.0, help="Begin no more seeds after so long.")
    parser.add_argument("--jobs", type=int, default=1, help="Processes at once.")
    given = parser.parse_args()
    if given.seed is not None:
        return _tell(simulate(given.seed))
    start, _, stop = given.seeds.partition(":")
    summary = Summary()
    for one in simulate_many(range(int(start), int(stop)), given.jobs, given.minutes):
        summary.add(one)
        for line in one.broken[:3]:
            _say(f"{one.seed}: {one.kind}: {line}")
    for line in summary.lines():
        _say(line)
    return 1 if summary.failed else 0


def _tell(one: Simulated) -> int:
    for line in (*one.story, *(f"{line}" for line in one.broken)):
        _say(line)
    return 1 if one.broken else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

"""Search scenarios, deeper than the gate does: python -m tests.model [--depth STEPS] [SCENARIO ...]."""

import argparse
import sys
import time

from tests.model.scenarios import SCENARIOS
from tests.model.search import search

_BROKEN = 1


def main() -> int:
    """Search, and print how many states were visited and the shortest story of each broken claim; 1 if there is one."""
    parser = argparse.ArgumentParser(prog="python -m tests.model", description="Check small runs exhaustively.")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"one of: {', '.join(SCENARIOS)}")
    parser.add_argument("--depth", type=int, help="how many steps at most; those of the gate if it is left out")
    options = parser.parse_args()
    if unknown := set(options.scenarios) - SCENARIOS.keys():
        parser.error(f"there is no scenario {', '.join(sorted(unknown))}. There are: {', '.join(SCENARIOS)}")
    broken = False
    for name in options.scenarios or SCENARIOS:
        began = time.process_time()
        found = search(SCENARIOS[name], options.depth)
        # This program is there to print it.
        print(f"{name}: {time.process_time() - began:.1f} s, {found}", flush=True)  # noqa: T201
        broken |= bool(found.broken)
    return _BROKEN if broken else 0


if __name__ == "__main__":
    sys.exit(main())

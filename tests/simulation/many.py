"""Simulate many seeds in several processes, and sum up what they have shown."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

from tests.simulation.search import Simulated, simulate

_AT_ONCE = 50
"""Seeds that one worker simulates before it reports."""


@dataclass(slots=True)
class Summary:
    """What was simulated until now."""

    seeds: Counter[str] = field(default_factory=Counter)
    failed: dict[int, tuple[str, ...]] = field(default_factory=dict)
    twice: dict[str, Counter[str]] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)
    hours: float = 0.0

    def add(self, one: Simulated) -> None:
        """Add what a seed has shown."""
        self.seeds[one.kind] += 1
        self.faults.update(one.faults)
        self.twice.setdefault(one.kind, Counter()).update(one.twice)
        self.hours += one.hours
        if one.broken:
            self.failed[one.seed] = one.broken

    def lines(self) -> Iterator[str]:
        """Give the summary line by line."""
        yield f"{self.seeds.total():,} seeds, {self.hours:,.0f} virtual hours, {len(self.failed)} failed"
        for kind, count in sorted(self.seeds.items()):
            yield f"  {kind}: {count:,} seeds"
            for cause, nodes in sorted(self.twice[kind].items()):
                yield f"    {nodes:,} nodes: {cause}"
        yield "  what went wrong: " + ", ".join(f"{count:,} {fault}" for fault, count in sorted(self.faults.items()))
        by_promise = Counter(line.split(":")[0] for broken in self.failed.values() for line in broken)
        if by_promise:
            yield "  what failed: " + ", ".join(f"{count:,} {promise}" for promise, count in by_promise.most_common())


def simulate_many(seeds: range, jobs: int, minutes: float) -> Iterator[Simulated]:
    """Simulate seeds in several processes; begin no more after so many minutes."""
    until = time.monotonic() + 60 * minutes
    chunks = [seeds[start : start + _AT_ONCE] for start in range(0, len(seeds), _AT_ONCE)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for start in range(0, len(chunks), jobs):
            if time.monotonic() > until:
                return
            for simulated in pool.map(_chunk, chunks[start : start + jobs]):
                yield from simulated


def _chunk(seeds: range) -> list[Simulated]:
    return [simulate(seed).without_story() for seed in seeds]

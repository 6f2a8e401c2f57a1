"""Generates plans of many jobs, the same each time."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from random import Random

from tests.support.plans import write_plan

_PARENTS_AT_MOST = 3


def write_layered_plan(folder: Path, widths: Sequence[int], *, seed: int = 1, **extra) -> Path:
    """Write ``plan.yaml`` with jobs in layers: each has one to three parents, all in the layer before its own.

    Args:
        folder: Where.
        widths: How many jobs each layer has.
        seed: Chooses the parents.
        extra: As ``write_plan`` takes it.
    """
    random = Random(seed)  # noqa: S311  no secret is made of it
    layers = [[f"l{layer:02}-{number:03}" for number in range(width)] for layer, width in enumerate(widths)]
    parents = {
        name: " ".join(random.sample(above, min(len(above), random.randint(1, _PARENTS_AT_MOST))))
        for above, layer in pairwise(layers)
        for name in layer
    }
    return write_plan(folder, {name: ["x"] for layer in layers for name in layer}, parents, **extra)

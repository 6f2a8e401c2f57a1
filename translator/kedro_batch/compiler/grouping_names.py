"""The names of groupings: which there are, and which go together. A new grouping gets its name here. Pure."""

import re
from collections.abc import Iterator, Sequence

from kedro_batch.text.wording import did_you_mean

NONE = "none"
CHAIN = "chain"
MEMORY = "memory"
TAG = "tag:"
NAMESPACE = re.compile(r"namespace(?::([1-9][0-9]?))?")
_ALL = (NONE, "namespace", "namespace:DEPTH", "tag:PREFIX", CHAIN, MEMORY)


def is_grouping(name: str) -> bool:
    """True if a text names a grouping, such as ``namespace:2``."""
    plain = name in (NONE, CHAIN, MEMORY) or (name.startswith(TAG) and name != TAG)
    return plain or NAMESPACE.fullmatch(name) is not None


def check_groupings(names: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with the names of groupings that are applied one after the other."""
    if unknown := [name for name in names if not is_grouping(name)]:
        hints = "".join(did_you_mean(name.partition(":")[0], _ALL) for name in unknown)
        yield f"unknown grouping {', '.join(map(repr, unknown))}.{hints} Choose one of: {', '.join(_ALL)}"
    elif NONE in names and len(names) > 1:
        yield "none makes every node a job of its own: it cannot go with other groupings"
    elif MEMORY in names[:-1]:
        yield "memory must come last: a grouping after it could separate the nodes that it has joined"

"""kedro-batch: compile a Kedro pipeline into a plan of AWS Batch jobs, review it, apply it.

Two programs and the file between them. ``compiler`` reads a Kedro project and writes a plan; ``submitter``
replays a plan on AWS Batch or on this machine; ``plan`` is their whole contract. ``review`` turns plans and
runs into what people read, and ``cli`` is the door to all of it.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Return the runner for ``kedro run --runner=kedro_batch.AWSBatchRunner``: only who asks for it loads Kedro."""
    if name == "AWSBatchRunner":
        return import_module("kedro_batch.runner").AWSBatchRunner
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

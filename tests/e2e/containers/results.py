"""What a run has written, so that two runs of the same code can be compared."""

import pickle
from collections.abc import Mapping
from typing import Any

import numpy as np

_DIGITS = 12
"""The last bits of what BLAS computes depend on where its arrays lie in memory, which differs between processes."""


def comparable(files: Mapping[str, bytes]) -> dict[str, Any]:
    """Return files byte for byte, but of a pickled model its attributes, with numbers of twelve digits."""
    return {path: _of_model(content) if path.endswith(".pkl") else content for path, content in files.items()}


def _of_model(content: bytes) -> tuple[str, dict[str, Any]]:
    model = pickle.loads(content)  # noqa: S301  these tests have made it
    return type(model).__name__, {name: _rounded(value) for name, value in vars(model).items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.floating | float):
        return [f"{one:.{_DIGITS}g}" if isinstance(one, float) else one for one in np.ravel(value).tolist()]
    return value

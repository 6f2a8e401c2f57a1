"""Values of parameters for the tests: nested ones of every kind, with what is easily taken for something else."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kedro_batch.plan.params import wrong_params

TRICKY = st.sampled_from(
    [
        *("yes", "no", "null", "~", "true", "1.0", "12", "1e5", "1_000", "0o17", "017", "1:30", "2020-01-01", ".inf"),
        *("???", "<<", "=", "$", "{", "$(HOME)", "Ref::name", "Ref::::", "a,b", "{x}", "[1]", "#x", "a #b", "a: b"),
        *("-", "- a", "?", "? a", "&a", "*a", "!a", "!!int", "|", ">", "%", "@", "`", "'", '"', "\\", "\\x2c", "\\n"),
        *("", " ", " a ", "\n", "a\nb", "\r\n", "\t", "\0", "\x7f\x85\u2028\ufeff\uffff", "é", "😀", "---", "..."),
    ]
)
TEXT = TRICKY | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALAR = (
    st.none()
    | st.booleans()
    | st.integers(-(10**39) + 1, 10**40 - 1)
    | st.integers(-9, 9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([0.0, -0.0, 1.0, -7.0, 1e5, 1e16, 1e22, 2.5e-07, 5e-324, 1.7976931348623157e308])
    | TEXT
)
VALUE = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)


def some_values(count: int) -> list[Any]:
    """Return the same values at every call: nested ones of every kind, that can be carried."""
    found: list[Any] = []

    @settings(max_examples=2 * count, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(VALUE)
    def collect(value):
        if not [*wrong_params({"x": value})]:
            found.append(value)

    collect()
    return found[-count:]

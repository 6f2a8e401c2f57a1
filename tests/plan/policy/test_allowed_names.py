"""The names that a rule lists: a name is allowed as each pattern for itself would allow it, and found at once."""

from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.plan.policy.allowed_names import ListedNames

_NAMES = st.text("ab-\U0010ffff", max_size=5)


@given(_NAMES, st.lists(_NAMES | _NAMES.map("{}*".format)))
def test_a_name_is_allowed_if_one_pattern_allows_it(name, patterns):
    allowed = any(name.startswith(one[:-1]) if one.endswith("*") else name == one for one in patterns)
    assert ListedNames(patterns).allow(name) is allowed


class _Name(str):
    """A name that counts how often it is compared."""

    __slots__ = ()
    compared = 0

    def __lt__(self, other):
        _Name.compared += 1
        return str.__lt__(self, other)

    def startswith(self, *some):
        _Name.compared += len(some[0]) if isinstance(some[0], tuple) else 1
        return str.startswith(self, *some)


def test_a_name_is_compared_with_few_of_a_thousand_beginnings():
    names = ListedNames(f"q{number}-*" for number in range(1000))
    assert names.allow(_Name("q7-x"))
    assert not names.allow(_Name("r"))
    assert _Name.compared < 30

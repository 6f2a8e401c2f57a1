"""Entries are found as Kedro finds them."""

import logging
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.compiler.data.catalog import Catalog, refuse_invalid_entries
from kedro_batch.compiler.project.kedro_version import find_kedro_features
from kedro_batch.errors import ConfigError
from tests.support.projects import KEDRO_VERSION

PATTERNS = [
    "{name}_csv",
    "{ns}.{name}",
    "{name}",
    "raw_{name}",
    "{ns}.raw_{x}_csv",
    "{a}_{b}",
    "p{n:d}",
    "{name}@pandas",
]
NAMES = ["raw_csv", "x", "ns.raw_y_csv", "ns.y", "RAW_y", "a_b_c", "p007", "t@pandas", "ns.t@pandas", "named", "", "_"]


def made(catalog, name):
    entry = catalog.entry(name)
    return None if entry is None else entry["filepath"]


def test_a_name_wins_over_patterns_and_the_most_specific_pattern_over_others():
    entries = {pattern: {"filepath": f"by {pattern}"} for pattern in PATTERNS} | {"named": {"filepath": "by name"}}
    catalog = Catalog(entries)
    assert made(catalog, "named") == "by name"
    assert made(catalog, "ns.raw_y_csv") == "by ns.raw_y_csv".replace("ns.raw_y_csv", "{ns}.raw_{x}_csv").format(
        ns="ns", x="y"
    )
    assert made(catalog, "anything") == "by anything"


def test_a_name_that_no_pattern_matches_has_no_entry():
    assert Catalog({"a": {}, "{x}_csv": {}}).entry("b") is None


def test_two_patterns_that_match_everything_are_refused():
    with pytest.raises(ConfigError, match=r"2 patterns that match every name, \{a\}, \{b\}: Kedro allows only one"):
        Catalog({"{a}": {}, "{b}": {}})


def test_older_versions_of_kedro_let_a_catch_all_lose_to_their_own():
    assert Catalog({"{name}": {}}, catch_all_can_lose=True).entry("x") is None
    both = Catalog({"{aname}": {"filepath": "y"}, "{name}": {}}, catch_all_can_lose=True)
    assert both.entry("x") == {"filepath": "y"}


def test_placeholders_are_filled_in_at_every_depth_and_never_in_keys():
    catalog = Catalog({"{x}_d": {"{x}": 1, "save_args": {"columns": ["{x}", 2]}, "dataset": {"type": "{x}.T"}}})
    assert catalog.entry("a_d") == {"{x}": 1, "save_args": {"columns": ["a", 2]}, "dataset": {"type": "a.T"}}


@pytest.mark.parametrize("where", ["{nme}.json", "{}.json", "{name.x}.json", "{name:d}.json"])
def test_an_entry_that_uses_what_its_pattern_does_not_have_is_refused(where):
    entries = {"{name}_made": {"filepath": where}}
    with pytest.raises(ConfigError, match=r"the catalog's pattern '\{name\}_made' uses "):
        Catalog(entries)
    with pytest.raises(ConfigError, match=r"the catalog's pattern '\{name\}_made' uses "):
        Catalog(entries, checks_placeholders=False).entry("x_made")


@given(st.sets(st.sampled_from(PATTERNS)), st.sampled_from(NAMES) | st.text("rawcsvnp_.@07 ", max_size=8))
def test_kedro_s_own_resolver_finds_the_same(patterns, name):
    if find_kedro_features(KEDRO_VERSION).catch_all_can_lose or not name:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what older versions of Kedro import is deprecated by now
        resolver = pytest.importorskip("kedro.io.catalog_config_resolver", reason="this Kedro has none")
    logging.getLogger("kedro").setLevel(logging.ERROR)
    entries = {pattern: {"type": "T", "filepath": f"{number} {pattern}"} for number, pattern in enumerate(patterns)}
    entries["named"] = {"type": "T", "filepath": "by name"}
    theirs = resolver.CatalogConfigResolver(config=entries).resolve_pattern(name)
    ours = Catalog(entries).entry(name)
    known = theirs.get("type") == "T"
    assert (ours is not None) == known
    if ours is not None:
        assert dict(ours) == theirs


@pytest.mark.parametrize("entry", [[1], 5, "text.TextDataset", None, {"filepath": "s3://b/x"}, {"type": 5}])
def test_an_entry_with_which_kedro_refuses_the_catalog_is_refused(entry):
    refuse_invalid_entries({"{pattern}": entry, "right": {"type": "T"}})
    with pytest.raises(ConfigError, match=r"the catalog: unused: must be a mapping with a type, such as"):
        refuse_invalid_entries({"unused": entry})

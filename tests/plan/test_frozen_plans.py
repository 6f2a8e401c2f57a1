"""Plans that were written before: what they mean and their bytes stay the same, or every approval of them is void."""

import hashlib
from pathlib import Path

import pytest

from kedro_batch.plan.digest import plan_digest
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.writer import plan_text

PLANS = Path(__file__).parent.parent / "golden" / "plans"

FROZEN = {
    "half_in_prod.yaml": (
        "ba10992e37568ddd0b2d335a8be20661997b755e2b96ffe8887efc011f4444a2",
        "43306ee1107d1828dcd06c981d78695591c5a26d9f35411446ace63bbad98ed5",
    ),
    "half_in_prod_with_params.yaml": (
        "5a7e05fd1699722376a234f6206ceae992fcc53bd4afba8c4c1e8927511af1ce",
        "8ef97455ba68b6cd98ac4d3ad364f96767236cdc4aab0849cb799c2da16bb063",
    ),
    "spaceflights.yaml": (
        "e595c4bf810d4f3f3b11630e3101dea9ce4db9cc90f3e7dcb07f58b95c5c7f19",
        "7d6b2cf2a63f7a0f7d4051382c35eabd87c553b07438ad7138ba3160b2e7ef57",
    ),
}
"""The digest of each plan, and the hash of its bytes."""


def test_every_committed_plan_is_frozen():
    assert {file.name for file in PLANS.iterdir()} == FROZEN.keys()


@pytest.mark.parametrize("name", FROZEN)
def test_the_digest_and_the_bytes_of_a_plan_stay_the_same(name):
    digest, written = FROZEN[name]
    content = (PLANS / name).read_bytes()
    plan = read_plan(content, name)
    assert plan_digest(plan) == f"sha256:{digest}"
    assert plan_text(plan).encode() == content
    assert hashlib.sha256(content).hexdigest() == written

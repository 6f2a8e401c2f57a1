"""Digests that were approved are kept where a plan has the same images by tag."""

from kedro_batch.plan.approved_digests import loses_digests, with_digests_of
from kedro_batch.plan.checks.job_definitions import images_of
from kedro_batch.plan.model import Plan
from kedro_batch.plan.settings import JobDefinition
from tests.support.plans import a_job

DIGEST = "@sha256:" + "0f" * 32


def plan(**images: str) -> Plan:
    pods = {
        name: JobDefinition(register={"eksProperties": {"podProperties": {"containers": [{"image": image}]}}})
        for name, image in images.items()
        if name.startswith("pod")
    }
    return Plan(
        jobs=(a_job(),),
        job_definitions={name: JobDefinition(image=image) for name, image in images.items() if name not in pods} | pods,
    )


def images(of: Plan) -> list[str]:
    return [image for one in of.job_definitions.values() for _, image in images_of(one)]


def test_a_digest_of_the_same_repository_and_definition_stays():
    approved = plan(a=f"r{DIGEST}", pod=f"host/p{DIGEST}")
    compiled = plan(a="r:1", b="r:1", pod="host/p:2")
    assert images(with_digests_of(approved, compiled)) == [f"r{DIGEST}", "r:1", f"host/p{DIGEST}"]
    assert loses_digests(compiled, approved)


def test_nothing_is_lost_by_another_repository_or_another_digest():
    other = "@sha256:" + "1a" * 32
    for compiled in (plan(a="s:1"), plan(a=f"r{other}"), plan()):
        assert images(with_digests_of(plan(a=f"r{DIGEST}"), compiled)) == images(compiled)
        assert not loses_digests(compiled, plan(a=f"r{DIGEST}"))
    assert not loses_digests(plan(a="r:2"), plan(a="r:1"))

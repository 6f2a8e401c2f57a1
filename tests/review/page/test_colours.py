"""Which colour a job gets, and what the legend says."""

from kedro_batch.review.page.colours import build_colours


def table(queue="q", vcpus=None, memory_mib=None, gpus=None):
    return {"queue": queue, "vcpus": vcpus, "memory_mib": memory_mib, "gpus": gpus}


def colours_of(*tables):
    return build_colours(tables, [{"settings": number} for number in range(len(tables))])


def test_the_queue_with_the_most_jobs_has_the_first_colour():
    found = colours_of(table("b"), table("a", vcpus=1), table("b", vcpus=2))["queue"]
    assert found == {"of": ["q0", "q1", "q0"], "legend": [("q0", "b (2 jobs)"), ("q1", "a (1 job)")]}


def test_there_are_eight_colours_however_many_queues():
    found = colours_of(*(table(f"queue_{number:05}") for number in range(10_000)))["queue"]
    assert len(found["legend"]) == 8
    assert found["legend"][-1] == ("q7", "9,993 other queues (9,993 jobs)")
    assert set(found["of"]) == {f"q{number}" for number in range(8)}


def test_resources_are_sizes_that_both_amounts_fit_in():
    found = colours_of(
        table(vcpus=1, memory_mib=2000),
        table(vcpus=1, memory_mib=8192),
        table(vcpus=4),
        table(memory_mib=65536),
        table(vcpus=0.25, memory_mib=65537),
        table(vcpus=1, gpus=2),
        table(gpus=0),
    )["resources"]
    assert found["of"] == ["r0", "r1", "r2", "r3", "r4", "r5", "r6"]
    assert [words for _, words in found["legend"]] == [
        "at most 1 vCPU, 4 GiB",
        "at most 2 vCPUs, 8 GiB",
        "at most 4 vCPUs, 16 GiB",
        "at most 16 vCPUs, 64 GiB",
        "more than 16 vCPUs, 64 GiB",
        "with GPUs",
        "set by the job definition",
    ]

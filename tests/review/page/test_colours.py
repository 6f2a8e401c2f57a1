"""Which colour a job gets, and what the legend says."""

from kedro_batch.review.page.colours import build_colours
from kedro_batch.review.page.model import Colours, PageSettings


def settings(queue="q", vcpus=None, memory_mib=None, gpus=None):
    return PageSettings(
        rows=(), queue=queue, vcpus=vcpus, memory_mib=memory_mib, memory=None, gpus=gpus, words="not looked at"
    )


def colours_of(*each):
    return build_colours(each, range(len(each)))


def test_the_queue_with_the_most_jobs_has_the_first_colour():
    found = colours_of(settings("b"), settings("a", vcpus=1), settings("b", vcpus=2)).queue
    assert found == Colours(of=("q0", "q1", "q0"), legend=(("q0", "b (2 jobs)"), ("q1", "a (1 job)")))


def test_there_are_eight_colours_however_many_queues():
    found = colours_of(*(settings(f"queue_{number:05}") for number in range(10_000))).queue
    assert len(found.legend) == 8
    assert found.legend[-1] == ("q7", "9,993 other queues (9,993 jobs)")
    assert set(found.of) == {f"q{number}" for number in range(8)}


def test_resources_are_sizes_that_both_amounts_fit_in():
    found = colours_of(
        settings(vcpus=1, memory_mib=2000),
        settings(vcpus=1, memory_mib=8192),
        settings(vcpus=4),
        settings(memory_mib=65536),
        settings(vcpus=0.25, memory_mib=65537),
        settings(vcpus=1, gpus=2),
        settings(gpus=0),
    ).resources
    assert found.of == ("r0", "r1", "r2", "r3", "r4", "r5", "r6")
    assert [words for _, words in found.legend] == [
        "at most 1 vCPU, 4 GiB",
        "at most 2 vCPUs, 8 GiB",
        "at most 4 vCPUs, 16 GiB",
        "at most 16 vCPUs, 64 GiB",
        "more than 16 vCPUs, 64 GiB",
        "with GPUs",
        "set by the job definition",
    ]

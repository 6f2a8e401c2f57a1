from dataclasses import replace

from kedro_batch.review.run.same_failures import same_failures, told_once
from kedro_batch.review.run.status import FailureStatus

FRAMES = tuple(f'  File "nodes.py", line {number}, in f' for number in range(5))
A = FailureStatus(
    job="a",
    state="FAILED",
    submission=1,
    cause="exit",
    exit_code=1,
    exception="ValueError: no",
    log_tail=("reading a", *FRAMES, "ValueError: no"),
    not_run=("y",),
)
B = replace(A, job="b", log_tail=("reading b", *FRAMES[1:], "ValueError: no"), not_run=("x", "y"))


def jobs(*failures: FailureStatus) -> list[list[str]]:
    return [[one.job for one in alike] for alike in same_failures(failures)]


def test_failures_with_the_same_exception_and_the_same_last_frames_are_told_together():
    assert jobs(A, B) == [["a", "b"]]
    assert told_once((A, B)) == replace(A, not_run=("x", "y"))


def test_what_differs_is_told_alone():
    elsewhere = replace(B, log_tail=(*FRAMES[:-1], '  File "nodes.py", line 9, in g', "ValueError: no"))
    others = (
        elsewhere,
        replace(B, exception="ValueError: yes"),
        replace(B, exception_cause="KeyError: 'x'"),
        replace(B, exit_code=2),
        replace(B, reason="OutOfMemoryError"),
        replace(B, exception=None),
    )
    for other in others:
        assert jobs(A, other) == [["a"], ["b"]]


def test_without_an_exception_the_same_words_are_the_same_failure():
    bare = [replace(A, job=job, exception=None) for job in "abc"]
    assert jobs(*bare) == [["a", "b", "c"]]
    other = replace(bare[1], log_tail=("Killed",))
    assert jobs(bare[0], other) == [["a"], ["b"]]
    assert jobs(bare[0], replace(bare[1], cause=None)) == [["a"], ["b"]]
    assert jobs(*(replace(one, cause=None, exit_code=None) for one in bare)) == [["a"], ["b"], ["c"]]


def test_where_the_reason_tells_the_failure_the_end_of_the_log_does_not():
    spot = replace(A, exception=None, cause="spot", reason="Host EC2 (instance i-0123456789abcdef0) terminated.")
    other = replace(spot, job="b", reason="Host EC2 (instance i-0fedcba9876543210) terminated.", log_tail=("epoch 3",))
    assert jobs(spot, other) == [["a", "b"]]
    assert jobs(spot, replace(other, cause="out_of_memory", memory_mib=2)) == [["a"], ["b"]]
    memory = replace(spot, cause="out_of_memory", memory_mib=2_000)
    assert jobs(memory, replace(memory, job="b", memory_mib=4_000)) == [["a"], ["b"]]


def test_the_order_is_that_of_the_first_ones():
    assert jobs(replace(A, job="z", exception="E: 1"), A, replace(A, job="y", exception="E: 1")) == [["z", "y"], ["a"]]

"""How amounts are spelled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_batch.review.formatting import memory_text, resources_text, seconds_text, setting_text, wrap_to_lines


@pytest.mark.parametrize(
    ("mib", "text"),
    [
        (512, "512 MiB"),
        (768, "768 MiB"),
        (1024, "1 GiB"),
        (1280, "1.25 GiB"),
        (1536, "1.5 GiB"),
        (2000, "2000 MiB"),
        (2001, "2001 MiB"),
        (16000, "16,000 MiB"),
        (16384, "16 GiB"),
        (102400, "100 GiB"),
        (123456, "123,456 MiB"),
        (1024 * 1024 * 4, "4,096 GiB"),
    ],
)
def test_memory_is_spelled_in_gib_where_that_hides_nothing(mib, text):
    assert memory_text(mib) == text


@pytest.mark.parametrize(
    ("mib", "text"), [(99_999, "99,999 MiB"), (100_000, "97.7 GiB"), (1_600_001, "1,562.5 GiB"), (102_401, "100 GiB")]
)
def test_a_large_sum_may_be_rounded(mib, text):
    assert memory_text(mib, exactly=False) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (45, "45 s"),
        (60, "1 min"),
        (90, "1 min 30 s"),
        (300, "5 min"),
        (3600, "1 h"),
        (3601, "1 h 1 s"),
        (5400, "1 h 30 min"),
        (1_209_600, "336 h"),
    ],
)
def test_a_timeout_is_spelled_without_rounding(seconds, text):
    assert seconds_text(seconds) == text


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("vcpus", 1, "1 vCPU"),
        ("vcpus", 2, "2 vCPUs"),
        ("vcpus", 0.25, "0.25 vCPUs"),
        ("gpus", 0, "0 GPUs"),
        ("gpus", 1, "1 GPU"),
        ("shared_memory_mib", 2048, "2 GiB"),
        ("timeout_s", 300, "5 min"),
        ("attempts", 3, "3"),
        ("memory_mib", None, None),
        ("memory_mib", "4096", "4096"),
        ("timeout_s", True, "true"),
        ("job_queue", "q", "q"),
    ],
)
def test_a_setting_has_its_unit(name, value, text):
    assert setting_text(name, value) == text


@given(
    st.sampled_from(["vcpus", "memory_mib", "gpus", "shared_memory_mib", "timeout_s"]),
    st.integers(0, 10**7),
    st.integers(0, 10**7),
)
def test_amounts_that_differ_are_spelled_differently(name, one, other):
    assert (setting_text(name, one) == setting_text(name, other)) == (one == other)


def test_resources_have_the_order_of_a_plan():
    assert resources_text({"gpus": 1, "memory_mib": 4096, "vcpus": 0.5}) == "0.5 vCPUs, 4 GiB, 1 GPU"
    assert resources_text({}) == ""


@given(st.integers(1, 100_000))
def test_no_line_breaks_inside_an_amount(seconds):
    amount = seconds_text(seconds)
    assert wrap_to_lines([amount, amount], 4) == [f"{amount},", amount]

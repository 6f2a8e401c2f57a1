import pytest

from kedro_batch.review.run.failure_words import failure_words

ENDED = "Essential container in task exited"


@pytest.mark.parametrize(
    ("reason", "code", "cause", "memory_mib", "words"),
    [
        (ENDED, 1, "exit", 2048, "exit code 1 (an error, usually an exception in Python)"),
        (ENDED, 3, "exit", None, "exit code 3"),
        (ENDED, 137, "exit", 2048, "exit code 137 (SIGKILL: killed, most likely out of memory, had 2048 MiB)"),
        (ENDED, 137, "exit", None, "exit code 137 (SIGKILL: killed, most likely out of memory)"),
        ("ended by signal 9", 137, "exit", None, "exit code 137 (SIGKILL: killed, most likely out of memory)"),
        (ENDED, 143, "exit", 2048, "exit code 143 (SIGTERM: ended from outside)"),
        (ENDED, 152, "exit", None, "exit code 152 (ended by signal 24)"),
        (ENDED, 255, "exit", None, "exit code 255"),
        (ENDED, -1, "exit", None, "exit code -1"),
        # Where the service says why, the code says no more.
        (f"{ENDED}; OutOfMemoryError: x", 137, "out_of_memory", 2048, "OutOfMemoryError: x; exit code 137"),
        (
            "Job attempt duration exceeded timeout",
            137,
            "timeout",
            2048,
            "Job attempt duration exceeded timeout; exit code 137",
        ),
        ("Host EC2 (instance i-1) terminated.", None, "spot", None, "Host EC2 (instance i-1) terminated"),
        (ENDED, None, "unknown", None, ENDED),
        (None, None, None, None, ""),
        (None, 2, "exit", None, "exit code 2 (wrong words on its command line, or a file that is not there)"),
    ],
)
def test_a_failure_in_words(reason, code, cause, memory_mib, words):
    assert failure_words(reason, code, cause, memory_mib) == words


@pytest.mark.parametrize("code", [1, 2])
def test_where_the_exception_is_told_its_exit_code_says_no_more(code):
    assert failure_words(ENDED, code, "exit", exception="ValueError: x") == f"exit code {code}"


def test_a_signal_says_more_than_an_exception():
    assert failure_words(ENDED, 137, "exit", exception="ValueError: x").startswith("exit code 137 (SIGKILL")

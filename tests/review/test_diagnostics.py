import pytest

from kedro_batch.diagnostics import Diagnostic, sorted_diagnostics
from kedro_batch.review.diagnostics import diagnostic_lines


@pytest.mark.parametrize(
    "code",
    [
        "Write memory_mib: 2048",
        "Write match: {nodes: [first, second]}",
        "Write accept: [local_input, local_output]",
        "Run `kedro run --nodes=first`",
        "Write attempts: 3 and retry_on: [spot, host]",
    ],
)
def test_no_line_is_broken_within_what_people_copy(code):
    kept = [code.partition(" ")[2]] if " and " not in code else ["attempts: 3", "retry_on: [spot, host]"]
    for before in range(30):
        text = f"{'x' * before} it is a text of many words. {code}"
        lines = [*diagnostic_lines([Diagnostic(source="a", message=text)], width=50)]
        assert " ".join(line.strip() for line in lines) == f"a: {text}"
        assert all(any(one in line for line in lines) for one in kept)


def test_what_is_missing_in_a_file_comes_after_what_is_there():
    missing = Diagnostic(source="a", path=("job_queue",), message="it is missing")
    wrong = Diagnostic(source="a", line=7, message="unknown field")
    assert sorted_diagnostics([missing, wrong]) == (wrong, missing)

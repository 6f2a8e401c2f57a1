from typing import Any

import pytest

from kedro_batch.diagnostics import Code, Diagnostic, Severity, diagnostics_of, path_text, sorted_diagnostics


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("jobs", 2, "resources", "memory_mib"), "jobs[2].resources.memory_mib"),
        ((0, "a"), "[0].a"),
        (("tags", "aws:x"), "tags.aws:x"),
        (("a\nb", "\u202e"), r"a\nb.\u202e"),
    ],
)
def test_a_path_is_spelled_as_people_write_it(path, text):
    assert path_text(path) == text


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "f.yaml: is wrong"),
        ({"line": 3}, "f.yaml:3: is wrong"),
        ({"path": ("a", 0)}, "f.yaml: a[0]: is wrong"),
        ({"line": 3, "path": ("a",)}, "f.yaml:3: a: is wrong"),
    ],
)
def test_a_diagnostic_says_where_it_is(given, text):
    assert str(Diagnostic(source="f.yaml", message="is wrong", **given)) == text


def one(source: str = "b", **given: Any) -> Diagnostic:
    return Diagnostic(source=source, **{"message": "m", **given})


def test_errors_come_first_then_codes_files_lines_and_places():
    ordered = [
        one(),
        one("a", code=Code.CREDENTIAL),
        one(code=Code.CREDENTIAL),
        one(code=Code.CREDENTIAL, line=1, path=("jobs", 2)),
        one(code=Code.CREDENTIAL, line=1, path=("jobs", 10)),
        one(code=Code.CREDENTIAL, line=1, path=("jobs", "x")),
        one(code=Code.CREDENTIAL, line=1, path=("jobs", "x"), message="n"),
        one("a", severity=Severity.WARNING),
        one("a", severity=Severity.NOTE),
    ]
    assert sorted_diagnostics(reversed(ordered)) == tuple(ordered)


def test_places_and_messages_become_diagnostics_below_a_path():
    found = list(diagnostics_of([(("a",), "x"), ((), "y")], ("jobs", 1)))
    assert found == [Diagnostic(path=("jobs", 1, "a"), message="x"), Diagnostic(path=("jobs", 1), message="y")]

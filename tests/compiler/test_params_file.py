import pytest

from kedro_batch.compiler.params_file import read_params_file
from kedro_batch.errors import ConfigError
from kedro_batch.plan.params import differing_params


def reasons(content, name="p.yml"):
    with pytest.raises(ConfigError) as refused:
        read_params_file(content if isinstance(content, bytes) else content.encode(), name)
    return [str(one) for one in refused.value.diagnostics]


@pytest.mark.parametrize(
    ("content", "name", "values"),
    [
        ("a: 1\nb: {c: [1.0, 'x, y', null]}\n", "p.yml", {"a": 1, "b": {"c": [1.0, "x, y", None]}}),
        ("{a: 1}", "p.yaml", {"a": 1}),
        ('{"a": [1e-07, 1E5, -0, 1.0, "\\ud83d\\ude00\\/\\t"]}', "p.json", {"a": [1e-07, 1e5, 0, 1.0, "😀/\t"]}),
        ('\ufeff\n\t{"a": 1e5}', "standard input", {"a": 1}),
        ('{\n\t"a": {"b.c": true}\n}', "p.json", {"a": {"b.c": True}}),
        ("{}", "p.json", {}),
    ],
)
def test_a_file_of_yaml_or_json_is_read_with_its_types(content, name, values):
    content = content.removeprefix("\ufeff").replace("1e5", "1") if name == "standard input" else content
    assert [*differing_params(read_params_file(content.encode(), name).values, values)] == []


def test_json_on_standard_input_is_read_as_json():
    assert read_params_file(b'{"a": 1e5}', "standard input").values == {"a": 100000.0}


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        ("", "p.yml", "p.yml: is empty"),
        ("- 1\n", "p.yml", "p.yml:1: must be a map of parameters"),
        ("a: 1\nb: 2\na: 3\n", "p.yml", "p.yml:3: a: the key is here twice, first in line 1"),
        ("a: &x 1\n", "p.yml", "p.yml:1: a: anchors are not allowed"),
        ("a: !!set {b}\n", "p.yml", "p.yml:1: a: tags are not allowed"),
        ("a:\n  - 2020-01-01\n", "p.yml", "p.yml:2: a[0]: YAML versions disagree about '2020-01-01'"),
        ("a:\n  1: 2\n", "p.yml", "p.yml:2: a.1: the key 1 must be text"),
        ("a:\n  b: .nan\n", "p.yml", "p.yml:2: a.b: YAML versions disagree"),
        ("a:\n  b:\n    - see ${c}\n", "p.yml", "p.yml:3: a.b[0]: holds ${"),
        ("a:\n  b: 1\nc.d: 2\n", "p.yml", 'p.yml:3: "c.d": Kedro makes nested parameters'),
        ('{"a": 1,\n "b": [{"c": 1,\n "c": 2}]}', "p.json", "p.json:3: b[0].c: the key is here twice, first in line 2"),
        ('{"a": 1,\n "b": NaN}', "p.json", "p.json:2: b: is nan"),
        ('{"a": 1,\n "b": 1e999}', "p.json", "p.json:2: b: is inf"),
        ('{"a": 1,\n "b": }', "p.json", "p.json:2: is not valid JSON: Expecting value"),
        ('{"a":\n "\\ud800"}', "p.json", "p.json:1: a: holds half a character"),
        (b"\xff", "p.json", "p.json: is not valid JSON: 'utf-8' codec"),
        ('{"a": ' + 5000 * "1" + "}", "p.json", "p.json:1: a: is a number of more than 40 digits"),
        ('{"a": ' + 50000 * "[" + 50000 * "]" + "}", "p.json", "p.json: is nested deeper than 64 levels"),
        ("a: 1e5", "p.json", "p.json:1: is not valid JSON"),
        ('{\n "t": "\\ud83d\\ude00",\n "a": {\n  "b": NaN}}', "p.json", "p.json:4: a.b: is nan"),
        ('\ufeff{\n "t": "\\ud83d\\ude00",\n "a": NaN}', "p.yml", "p.yml:3: a: is nan"),
        (
            "a: 1\nb: 1e-4\n",
            "p.yml",
            "p.yml:2: b: YAML versions disagree about '1e-4': put it in quotes if it is text; if it is a number, write",
        ),
        ("a: 1\nnull: 1\n", "p.yml", "p.yml:2: null: the key null must be text: put it in quotes"),
        ("a: 1\n[b]: 1\n", "p.yml", "p.yml:2: a key must be text, and not a list"),
        ('{"a": [[1, 2], "' + 8200 * "x" + '"]}', "p.json", "p.json:1: the parameters take 821"),
        ("a: " + 8200 * "x", "p.yml", "p.yml:1: the parameters take 820"),
        ("#" * 1100000, "p.yml", "p.yml: has more than 1 MiB. A container is given 8192 characters"),
    ],
)
def test_what_a_file_should_not_have_is_refused_with_its_place(content, name, reason):
    [found] = reasons(content, name)
    assert found.startswith(reason)


def test_everything_that_is_wrong_is_told_at_once():
    assert len(reasons("a: 1\na: 2\nb.c: 1\nd: ${e}\n")) == 3


def test_a_file_that_is_far_too_large_is_refused_at_once_and_no_plan_is_named():
    many = "".join(f"k{number}: 'hunter2'\n" for number in range(9000))
    json_too = "{" + ",".join(f'"password{number}": "x"' for number in range(40_000)) + "}"
    for content, name in ((many, "p.yml"), (json_too, "p.json")):
        [reason] = reasons(content, name)
        assert "characters or more. A container is given 8192 characters at most" in reason
        assert "plan" not in reason

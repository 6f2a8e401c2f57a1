import pytest
from click import Option
from kedro.framework.cli.project import run

from kedro_batch.review.diff.kedro_options import read_options, spell_option

VALUED = [name for option in run.params if isinstance(option, Option) and not option.is_flag for name in option.opts]


@pytest.mark.parametrize("name", VALUED)
def test_each_option_of_the_installed_kedro_is_known_to_take_a_value(name):
    found = list(read_options([name, "x"]))
    assert [value for _, value in found] == ([] if name == "--params" else ["x"])
    assert all(option.startswith("--") for option, _ in found)


def test_options_are_read_as_click_reads_them():
    assert list(read_options(["-na", "-n=b", "-lv=c", "-ns", "d", "--params", "--env=e", "--async", "-p", "f"])) == [
        ("--nodes", "a"),
        ("--nodes", "=b"),
        ("--load-versions", "c"),
        ("--namespaces", "d"),
        ("--pipelines", "f"),
    ]
    assert list(read_options(["--nodes"])) == [("--nodes", "")]
    assert spell_option("--env", "a") == "--env=a"
    assert spell_option("--only-missing-outputs", "") == "--only-missing-outputs"

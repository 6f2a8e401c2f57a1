"""An empty word, as of a variable that is not set, is a mistake: for every option and argument of every command."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from kedro_batch.cli import _program, kedro_commands
from kedro_batch.cli.base import MAY_BE_EMPTY, BatchCommand
from tests.support.forked import kedro_batch


def commands(group: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Give every command below a group, with the words that call it."""
    if not isinstance(group, click.Group):
        yield words, group
        return
    for name, command in group.commands.items():
        yield from commands(command, (*words, name))


def takes_words(param: click.Parameter) -> bool:
    return not (isinstance(param, click.Option) and (param.is_flag or param.count))


COMMANDS = tuple(commands(_program))
PARAMETERS = tuple(
    pytest.param(words, command, param, id=f"{' '.join(words)} {param.name}")
    for words, command in COMMANDS
    for param in command.params
    if takes_words(param)
)


def words_with(command: click.Command, param: click.Parameter, value: str) -> list[str]:
    """Give words for a command in which one parameter has a value, and what is required has another."""
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    if not isinstance(param, click.Argument):
        return [*("word" for one in arguments if one.required), param.opts[0], value]
    here = arguments.index(param)
    needed = (one for place, one in enumerate(arguments) if place <= here or one.required)
    return [value if one is param else "word" for one in needed]


@pytest.mark.parametrize("value", ["", " ", "\t\n"])
@pytest.mark.parametrize(("words", "command", "param"), PARAMETERS)
def test_an_empty_word_is_refused_unless_it_means_something(words, command, param, value):
    given = words_with(command, param, value)
    try:
        command.make_context(" ".join(words), given)
    except click.BadParameter as error:
        refused = error
    except click.UsageError:
        refused = None
    else:
        refused = None
    if param.name in MAY_BE_EMPTY:
        assert refused is None or "it is empty" not in refused.message
        return
    assert refused is not None, f"{' '.join(words)} takes {given}"
    assert "it is empty: a variable that it comes from may not be set" in refused.message
    assert refused.param is param
    assert refused.exit_code == 2


def test_every_command_is_one_that_refuses_them_here_and_inside_kedro():
    everywhere = [*COMMANDS, *commands(kedro_commands)]
    assert {type(command) for _, command in everywhere} == {BatchCommand}
    names = {param.name for _, command in everywhere for param in command.params}
    assert names >= MAY_BE_EMPTY


def test_an_empty_run_id_does_not_make_a_run(tmp_path):
    (tmp_path / "plan.yaml").write_text(
        "schema: kedro-batch/plan/v1\njobs: [{name: a, command: ['true'], job_queue: q, job_definition: d}]\n"
    )
    for words in (["--run-id", ""], ["--run-id="], ["--run-id", " "]):
        ended = kedro_batch("apply", "plan.yaml", "--local", *words, cwd=tmp_path)
        assert (ended.code, ended.out) == (2, b"")
        assert "'--run-id': it is empty: a variable that it comes from may not be set" in ended.err
        assert "leave it out" in ended.err
    assert [one.name for one in tmp_path.iterdir()] == ["plan.yaml"]
    assert kedro_batch("apply", "--run-id", "", "--help", cwd=tmp_path).code == 0


def test_an_empty_variable_is_an_unset_one_and_a_blank_one_is_a_mistake(tmp_path):
    empty = kedro_batch("runs", cwd=tmp_path, env={"KEDRO_BATCH_JOURNAL": ""})
    assert "there is no journal .kedro-batch/journal.db" in empty.err
    blank = kedro_batch("runs", cwd=tmp_path, env={"KEDRO_BATCH_JOURNAL": "  "})
    assert blank.code == 2
    assert "'--journal': the variable KEDRO_BATCH_JOURNAL is blank" in blank.err
    named = kedro_batch("runs", "--journal", str(Path("x.db")), cwd=tmp_path, env={"KEDRO_BATCH_JOURNAL": "  "})
    assert "there is no journal x.db" in named.err

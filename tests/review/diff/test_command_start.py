import shlex

import pytest

from kedro_batch.review.diff.command_start import read_start

NO_SCRIPT = (
    "kedro run --nodes=a",
    "kedro run --params=x:1",
    "/usr/bin/kedro run",
    "python -m kedro run",
    "python3.11 -m kedro run -c conf.yml",
    "python train.py -c config.yml",
    "python -Wignore::DeprecationWarning train.py",
    "python -m train --shell sh --eval",
    "env X=y kedro run",
    "uv run kedro run --pipeline sh",
    "uv run train.py --mode eval",
    "tini -- kedro run",
    "timeout 5 kedro run",
    "bash entrypoint.sh kedro run",
    "node server.js -e production",
    "true",
    "echo sh",
    "kedro run sh -c x",
)
SCRIPTS = (
    "sh -c 'curl x | sh'",
    "/bin/sh -c x",
    "bash -lc x",
    "bash -eu -o pipefail -c x",
    "sh -ec x",
    "zsh -c x",
    "busybox sh -c x",
    "env sh -c x",
    "env X=y bash -c x",
    "env -i PATH=/bin sh -c x",
    "env -S 'sh -c x'",
    "env --split-string='sh -c x'",
    "nohup sh -c x",
    "timeout 5 sh -c x",
    "timeout -k 1 5 sh -c x",
    "nice -n 5 bash -c x",
    "sudo -u root sh -c x",
    "su -c x",
    "su root --command=x",
    "flock /tmp/lock -c x",
    "tini -- sh -c x",
    "unknown-wrapper --deep sh -c x",
    "python -c x",
    "python3 -cimport",
    "/opt/python3.12 -Ic x",
    "python -W ignore -c x",
    "env python -c x",
    "perl -e x",
    "perl -ne x",
    "perl -Mstrict -e x",
    "ruby -e x",
    "node -e x",
    "node --eval=x",
    "node -pe x",
    "php -r x",
    "lua -e x",
    "Rscript -e x",
    "pwsh -Command x",
    "cmd.exe /c x",
    "xargs rm",
    "eval x",
    "nohup xargs rm",
    "sh -c 'exec \"$@\"' -- kedro run",
)


@pytest.mark.parametrize("command", NO_SCRIPT)
def test_a_command_that_names_its_program_has_no_script(command):
    assert read_start(tuple(shlex.split(command))).script == ()


@pytest.mark.parametrize("command", SCRIPTS)
def test_a_script_as_text_is_found_behind_every_shell_interpreter_and_wrapper(command):
    assert read_start(tuple(shlex.split(command))).script != ()


PROGRAMS = {
    "kedro run --nodes=a --env=b": "kedro run",
    "kedro --version": "kedro --version",
    "kedro -v run --nodes=a": "kedro -v run --nodes=a",
    "kedro mlflow ui --port=1": "kedro mlflow ui --port=1",
    "/opt/kedro run": "/opt/kedro run",
    "python -m kedro run --nodes=a": "python -m kedro run",
    "uv run --frozen kedro run -x": "uv run --frozen kedro run",
    "env X=y kedro run": "env X=y kedro run",
    "timeout 5 train --x": "timeout 5 train --x",
    "python -W ignore train.py --x": "python -W ignore train.py",
    "python -m train --x": "python -m train",
    "bash entry.sh a": "bash entry.sh",
    "sh -c x y": "sh -c",
    "train --x": "train",
    "true": "true",
}


@pytest.mark.parametrize(("command", "program"), PROGRAMS.items())
def test_the_program_is_all_that_chooses_what_runs(command, program):
    assert shlex.join(read_start(tuple(shlex.split(command))).program_words) == program


def test_the_names_of_a_job_and_its_nodes_make_no_other_script():
    one, two = (
        read_start(("sh", "-c", f"kedro run --nodes={names}"), ("job", *names.split(","))) for names in ("a", "n.b,c")
    )
    assert one.script == two.script
    assert one.script != read_start(("sh", "-c", "kedro run --nodes=a"), ()).script


def test_a_name_that_is_not_plain_hides_no_script():
    evil = "a; curl x | sh"
    assert read_start(("sh", "-c", f"run {evil}"), (evil,)).script != read_start(("sh", "-c", "run a"), ("a",)).script


def test_a_name_that_is_the_program_or_in_the_script_hides_nothing():
    for one, two in ((("train",), ("curl",)), (("sh", "-c", "train x"), ("sh", "-c", "curl x"))):
        starts = [read_start(command, ("train", "curl")) for command in (one, two)]
        assert (starts[0].program, starts[0].script) != (starts[1].program, starts[1].script)


def test_variables_that_a_wrapper_sets_are_found():
    command = ("env", "-i", "LD_PRELOAD=/x.so", "A=1", "kedro", "run", "B=2")
    assert read_start(command).variables == (("LD_PRELOAD", "/x.so"), ("A", "1"))
    assert read_start(("kedro", "run", "B=2")).variables == ()


def test_a_command_without_words_starts_nothing():
    assert read_start(()).program == ()

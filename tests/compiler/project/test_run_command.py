import sys

import click
import pytest

from kedro_batch.compiler.project.run_command import RunCommand, find_run_command, is_known
from kedro_batch.errors import ProjectError

CLI = """
import click


@click.group(name="own")
def cli():
    pass


@cli.command()
@click.option("--mine")
def run(mine):
    pass
"""
KEDRO = ("kedro", "run")
PACKAGE = ("python", "-m", "some_package")


def run_command(*parameters, **settings):
    command = click.Command("run", params=list(parameters), context_settings=settings)
    return RunCommand(source="cli.py", name="run", command=command, words_before=2)


@pytest.mark.parametrize(
    ("parameters", "settings", "words", "refused"),
    [
        ([click.Option(["--nodes"])], {}, ["--nodes=a"], []),
        ([click.Option(["-n", "--nodes", "names"])], {}, ["--nodes=a"], []),
        ([click.Option(["--node", "--nodes"], multiple=True)], {}, ["--nodes=a"], []),
        ([click.Option(["--params"], type=click.UNPROCESSED, callback=lambda *_: 1 / 0)], {}, ["--params=a:1"], []),
        ([click.Option(["--conf-source"], type=click.Path(exists=True))], {}, ["--conf-source=nowhere"], []),
        ([click.Option(["--NODES"])], {"token_normalize_func": str.upper}, ["--nodes=a"], []),
        ([], {"ignore_unknown_options": True, "allow_extra_args": True}, ["--nodes=a"], []),
        ([click.Argument(["args"], nargs=-1)], {"ignore_unknown_options": True}, ["--nodes=a"], []),
        ([], {}, ["--nodes=a"], ["--nodes"]),
        ([click.Option(["--node"])], {}, ["--nodes=a"], ["--nodes"]),
        ([click.Option(["--nodes-too"])], {}, ["--nodes=a"], ["--nodes"]),
        ([click.Option(["--nodes"], is_flag=True)], {}, ["--nodes=a"], ["--nodes"]),
        ([click.Option(["--all/--nodes"])], {}, ["--nodes=a"], ["--nodes"]),
        ([click.Option(["--nodes"], count=True)], {}, ["--nodes=a"], ["--nodes"]),
        ([click.Option(["--nodes"], nargs=2)], {}, ["--nodes=a"], ["--nodes"]),
        ([], {"ignore_unknown_options": True}, ["--nodes=a"], ["--nodes"]),
        ([], {"allow_extra_args": True}, ["--nodes=a"], ["--nodes"]),
        # In a command prefix, the value may be the next word.
        ([click.Option(["--runner"])], {}, ["--runner"], []),
        ([click.Option(["--async"], is_flag=True)], {}, ["--async"], []),
        ([], {}, ["--async"], ["--async"]),
        ([], {}, ["-e", "prod", "--async"], ["-e", "--async"]),
        ([click.Option(["-e", "--env"])], {}, ["-e", "prod"], []),
        ([click.Option(["-e", "--env"])], {}, ["-eprod"], []),
        ([click.Option(["--seed"]), click.Argument(["name"])], {}, ["--seed", "-1", "-", "--", "-x"], []),
    ],
)
def test_an_option_is_refused_as_the_command_would_refuse_it(parameters, settings, words, refused):
    assert list(run_command(*parameters, **settings).find_refused(words)) == refused


@pytest.mark.parametrize(
    ("parameter", "missing"),
    [
        (click.Option(["--date"]), []),
        (click.Option(["-d", "--date"], required=True), ["--date"]),
        (click.Option(["--date"], required=True, default="today"), []),
        (click.Option(["--date"], required=True, prompt=True), ["--date"]),
        (click.Option(["--nodes"], required=True), []),
        (click.Option(["--dates"], required=True, multiple=True), ["--dates"]),
        (click.Argument(["date"]), ["date"]),
        (click.Argument(["date"], required=False), []),
        (click.Argument(["dates"], nargs=-1), []),
        (click.Option(["--date"], required=True, envvar="RUN_DATE"), []),
        (click.Option(["--date"], required=True, envvar=["RUN_DATE", "DATE"]), []),
        (click.Argument(["date"], envvar="RUN_DATE"), []),
    ],
)
def test_what_the_command_requires_and_does_not_get_is_missing(parameter, missing):
    run = run_command(parameter, click.Option(["--env"]))
    assert list(run.find_missing(["--env=prod", "--nodes=a"])) == missing


@pytest.mark.parametrize(
    ("parameter", "missing"),
    [
        (click.Option(["--date"], required=True), []),
        (click.Option(["--date"], required=True, allow_from_autoenv=False), ["--date"]),
        (click.Argument(["date"]), ["date"]),
    ],
)
def test_what_a_variable_of_the_job_may_give_is_not_missing_whatever_it_is_here(parameter, missing, monkeypatch):
    run = run_command(parameter, auto_envvar_prefix="RUN")
    assert list(run.find_missing([])) == missing
    monkeypatch.setenv("RUN_DATE", "today")
    assert list(run.find_missing([])) == missing


def test_words_after_a_refused_option_are_not_missing():
    run = run_command(click.Option(["--date"], required=True))
    assert list(run.find_missing(["-e", "prod", "--no=1", "--date=today"])) == []


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Write the commands of a project, and find the one that a prefix starts."""
    monkeypatch.syspath_prepend(str(tmp_path / "src"))
    (tmp_path / "src" / "some_package").mkdir(parents=True)
    (tmp_path / "src" / "some_package" / "__init__.py").touch()

    def find(prefix=KEDRO, cli=None, **plugins):
        if cli is not None:
            (tmp_path / "src" / "some_package" / "cli.py").write_text(cli)
        for module, (group, source) in plugins.items():
            info = tmp_path / "src" / f"{module}-1.0.dist-info"
            info.mkdir()
            (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
            (info / "entry_points.txt").write_text(f"[kedro.{group}_commands]\nx = {module}:cli\n")
            (tmp_path / "src" / f"{module}.py").write_text(source)
        found = find_run_command("some_package", prefix, tmp_path)
        return found and (found.source, [option for one in found.command.params for option in one.opts])

    yield find
    for name in [name for name in sys.modules if name.startswith("some_")]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("prefix", "words_before"),
    [
        (KEDRO, 2),
        (("uv", "run", "/opt/bin/kedro", "run", "--async"), 4),
        (("python", "-m", "kedro", "run"), 4),
        (PACKAGE, 3),
        (("python3", "-m", "some_package", "--async"), 3),
        (("some-package",), 1),
        (("/usr/bin/some_package",), 1),
        (("python", "-m", "another"), None),
        (("sh", "-c", "exec kedro run"), None),
        (("kedro", "go"), None),
        (("conda", "run", "-n", "kedro", "python", "-m", "some_package"), 7),
        (("conda", "run", "-n", "some_package", "kedro", "--verbose", "run"), 7),
    ],
)
def test_the_command_is_found_in_the_words_that_start_it(prefix, words_before, project, tmp_path):
    found = project(prefix, CLI)
    if words_before is None:
        assert found is None
    else:
        assert found == ("src/some_package/cli.py", ["--mine"])
        command = find_run_command("some_package", prefix, tmp_path)
        assert command is not None
        assert command.words_before == words_before


@pytest.mark.parametrize("prefix", [KEDRO, PACKAGE])
def test_a_project_without_commands_has_kedro_s_own(prefix, project):
    assert project(prefix) is None


def test_a_group_without_a_run_command_leaves_kedro_s_own(project):
    assert project(KEDRO, CLI.replace("def run", "def go")) is None


@pytest.mark.parametrize(
    ("prefix", "cli", "message"),
    [
        (KEDRO, "1 / 0\n", r"ZeroDivisionError: division by zero \(src/some_package/cli.py, line 1\)"),
        (KEDRO, "def f(:\n", r"SyntaxError: .*\(src/some_package/cli.py, line 1\)"),
        (KEDRO, "import sys; sys.exit(3)\n", "SystemExit: 3"),
        (KEDRO, "x = 1\n", "src/some_package/cli.py defines no 'cli', so the jobs would not start"),
        (PACKAGE, "import not_installed_anywhere\n", "No module named 'not_installed_anywhere'"),
        (PACKAGE, CLI.replace("def run", "def go"), "src/some_package/cli.py defines no 'run', so the jobs would not"),
    ],
)
def test_broken_commands_are_refused_as_kedro_would_fail(prefix, cli, message, project):
    with pytest.raises(ProjectError, match=message):
        project(prefix, cli)


def test_kedro_goes_on_without_commands_whose_imports_are_missing(project):
    assert project(KEDRO, f"import not_installed_anywhere\n{CLI}") is None


GROUPS = """
import click


@click.group(context_settings={"auto_envvar_prefix": "OWN"})
@click.option("--profile")
@click.option("--region", required=True)
def run(profile, region):
    pass


@run.command()
@click.option("--mine")
@click.option("--date", required=True)
def batch(mine, date):
    pass


@click.command()
@click.option("--other")
@click.option("--more", required=True)
def batchrun(other, more):
    pass


cli = click.CommandCollection(sources=[click.Group(commands={"run": run}), click.Group(commands=[batchrun])])
"""


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["run"], ("run", ["--nodes"], [])),
        (["run", "batch"], ("run batch", ["--nodes"], [])),
        (["run", "--profile", "batch", "batch", "--mine=1"], ("run batch", ["--nodes"], [])),
        (["run", "-x", "batch"], ("run", ["-x", "--nodes"], [])),
        (["batchrun", "--other", "x"], ("batchrun", ["--nodes"], ["--more"])),
        (["run", "nothing"], None),
        (["nothing"], None),
    ],
)
def test_the_words_of_the_prefix_are_followed_through_groups(words, found, project, tmp_path):
    prefix = ("kedro", *words)
    project(prefix, GROUPS)
    run = find_run_command("some_package", prefix, tmp_path)
    given = [*prefix[run.words_before :], "--nodes=a"] if run else []
    assert (run and (run.name, [*run.find_refused(given)], [*run.find_missing(given)])) == found


PLUGIN = CLI.replace("--mine", "--of-plugin")
COMMAND = """
import click


@click.command()
@click.option("--of-plugin")
def run(of_plugin):
    pass
"""


@pytest.mark.parametrize(
    ("group", "source", "options"),
    [
        ("project", PLUGIN, ["--of-plugin"]),
        ("global", PLUGIN, ["--of-plugin"]),
        ("project", PLUGIN.replace("command()", "command('run')").replace("def run", "def f"), ["--of-plugin"]),
        ("project", PLUGIN.replace("command()", "command(name='run')").replace("def run", "def f"), ["--of-plugin"]),
        ("project", f"{COMMAND}\ncli = click.Group(commands={{'run': run}})\n", ["--of-plugin"]),
        ("project", f"{COMMAND}\ncli = click.Group()\ncli.add_command(run)\n", ["--of-plugin"]),
        (
            "project",
            f"{COMMAND}\ncli = click.CommandCollection(sources=[click.Group(commands=[run])])",
            ["--of-plugin"],
        ),
        ("project", "raise RuntimeError('imported')\n" + PLUGIN.replace("def run", "def go"), None),
        ("project", "raise RuntimeError('imported')\n" + PLUGIN, None),
    ],
)
def test_the_command_of_a_plugin_counts_if_the_project_has_none(group, source, options, project):
    assert project(some_plugin=(group, source)) == (options and ("some_plugin", options))


def test_the_project_s_command_goes_before_that_of_a_plugin_but_not_before_a_global_one(project):
    assert project(KEDRO, CLI, some_plugin=("project", PLUGIN)) == ("src/some_package/cli.py", ["--mine"])
    assert project(KEDRO, CLI, some_global=("global", PLUGIN)) == ("some_global", ["--of-plugin"])
    assert project(PACKAGE, CLI) == ("src/some_package/cli.py", ["--mine"])


def _refuse(*_):
    raise click.BadParameter("not so")


@pytest.mark.parametrize(
    ("parameters", "read"),
    [
        ([], None),
        ([click.Option(["--params"])], "a=1"),
        ([click.Option(["--params"], callback=lambda *_: {"a": 1})], {"a": 1}),
        ([click.Option(["--params"], callback=lambda *_: 1 / 0)], None),
        ([click.Option(["--params"]), click.Option(["--env"], callback=lambda *_: 1 / 0)], "a=1"),
        ([click.Option(["--params"]), click.Argument(["name"])], "a=1"),
    ],
)
def test_only_the_option_for_parameters_is_asked_what_it_makes_of_them(parameters, read):
    assert run_command(*parameters).read_params(["--params=a=1"]) == read


def test_parameters_that_the_option_refuses_are_refused():
    command = run_command(click.Option(["--params"], callback=_refuse))
    with pytest.raises(ProjectError, match="its command `run` refuses the parameters: not so"):
        command.read_params(["--params=a=1"])


@pytest.mark.parametrize(
    ("prefix", "known"),
    [
        (KEDRO, True),
        (PACKAGE, True),
        (("kedro", "other"), False),
        (("./run.sh",), False),
        (("uv", "run", *KEDRO), True),
    ],
)
def test_it_is_known_whether_a_prefix_starts_the_run_of_kedro(prefix, known):
    assert is_known(None, "some_package", prefix) == known

import sys
from importlib.metadata import entry_points
from types import ModuleType

import pytest
from kedro.framework.hooks import hook_impl

from kedro_batch.compiler.nodes import ProjectNode
from kedro_batch.compiler.project.run_hooks import RunHooks, find_run_hooks, implemented_hooks
from kedro_batch.hooks import hooks
from tests.compiler.compilations import compile_nodes, parse_node


class Own:
    @hook_impl
    def before_pipeline_run(self, run_params): ...

    @hook_impl
    def after_node_run(self, node): ...

    @property
    def after_pipeline_run(self):
        raise RuntimeError


class Inherited(Own):
    @hook_impl(tryfirst=True)
    def on_pipeline_error(self, error): ...


class Renamed:
    @hook_impl(specname="after_pipeline_run")
    def clean_up(self, run_params): ...

    @staticmethod
    @hook_impl
    def before_pipeline_run(): ...


class Plain(Own):
    def before_pipeline_run(self, run_params): ...


class Harmless:
    def before_pipeline_run(self): ...  # no hook without the mark

    @hook_impl
    def after_context_created(self, context): ...

    @hook_impl
    def after_catalog_created(self, catalog): ...


HERE = "tests.compiler.project.test_run_hooks"


def in_settings(*hooks):
    return [(one.name, one.methods, one.plugin) for one in find_run_hooks(hooks, ()) if one.plugin is None]


@pytest.mark.parametrize(
    ("hook", "found"),
    [
        (Own(), [(f"{HERE}.Own", ("before_pipeline_run",), None)]),
        (Own, [(f"{HERE}.Own", ("before_pipeline_run",), None)]),
        (Inherited(), [(f"{HERE}.Inherited", ("before_pipeline_run", "on_pipeline_error"), None)]),
        (Plain(), []),
        (Renamed(), [(f"{HERE}.Renamed", ("before_pipeline_run", "after_pipeline_run"), None)]),
        (Harmless(), []),
    ],
)
def test_the_hooks_of_the_settings_are_those_that_kedro_would_call(hook, found):
    assert in_settings(hook) == found


def test_a_module_may_be_a_hook_and_known_packages_do_no_harm():
    module = ModuleType("own.hooks")
    vars(module)["on_pipeline_error"] = hook_impl(lambda: None)
    assert in_settings(module, Own()) == [
        ("own.hooks", ("on_pipeline_error",), None),
        (f"{HERE}.Own", ("before_pipeline_run",), None),
    ]
    assert len(in_settings(module, Own(), Inherited(), Own())) == 3  # one class is named once
    module.__name__ = "kedro_viz.integrations.kedro.hooks"
    assert in_settings(module) == []


def test_the_hook_of_kedro_batch_itself_is_meant_for_every_job():
    assert [entry.value for entry in entry_points(group="kedro.hooks", name="kedro-batch")] == [
        "kedro_batch.hooks:hooks"
    ]
    assert "before_pipeline_run" in implemented_hooks(hooks)
    assert in_settings(hooks) == []
    assert [one for one in find_run_hooks((), ()) if one.package == "kedro_batch"] == []


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Install a plugin that raises if it is imported, and return what is found of it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(source, entry=":hooks", package="some_plugin", disabled=(), **modules):
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package.replace('_', '-')}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[kedro.hooks]\nx = {package}{entry}\n")
        (tmp_path / package).mkdir()
        for name, text in {"__init__": source, **modules}.items():
            (tmp_path / package / f"{name}.py").write_text(f"{text}\nraise RuntimeError('imported')\n")
        return [one for one in find_run_hooks((), disabled) if one.package == package]

    yield install
    assert not {name for name in sys.modules if name.startswith("some_")}


HOOKS = """
from kedro.framework.hooks import hook_impl as impl


class Hooks:
    @impl
    def after_catalog_created(self, catalog): ...

    @impl(tryfirst=True)
    def before_pipeline_run(self, run_params): ...

    def on_pipeline_error(self): ...
"""
FOUND = ("before_pipeline_run",)
FOUND_ERROR = ("on_pipeline_error",)


@pytest.mark.parametrize(
    ("source", "entry", "inner", "found"),
    [
        (f"{HOOKS}\nhooks = Hooks()", ":hooks", "", (".Hooks", FOUND)),
        (HOOKS, ":Hooks", "", (".Hooks", FOUND)),
        ("", ".inner:hooks", f"{HOOKS}\nhooks = Hooks()", (".inner.Hooks", FOUND)),
        ("from .inner import hooks", ":hooks", f"{HOOKS}\nhooks = Hooks()", (".inner.Hooks", FOUND)),
        ("from .inner import Hooks\nhooks = Hooks()", ":hooks", HOOKS, (".inner.Hooks", FOUND)),
        ("from . import inner\nclass A(inner.Hooks): ...", ":A", HOOKS, (".A", FOUND)),
        (HOOKS.replace("before_pipeline_run", "before_node_run"), ":Hooks", "", None),
        (f"{HOOKS}\nclass A(Hooks):\n    def before_pipeline_run(self): ...", ":A", "", None),
        (HOOKS.replace("tryfirst=True", "specname='on_pipeline_error'"), ":Hooks", "", (".Hooks", FOUND_ERROR)),
        ("@hook_impl\ndef on_pipeline_error(error): ...", "", "", ("", FOUND_ERROR)),
        ("hooks = [make() for make in ()]", ":hooks", "", (".hooks", ())),
    ],
)
def test_a_plugin_is_read_and_not_imported(source, entry, inner, found, plugin):
    package = f"some_{abs(hash((source, entry, inner)))}"
    dist = package.replace("_", "-")
    expected = [RunHooks(name=f"{package}{found[0]}", methods=found[1], plugin=dist)] if found else []
    assert plugin(source, entry, package, inner=inner) == expected


def test_plugins_that_are_disabled_or_do_no_harm_are_silent(plugin):
    assert plugin(HOOKS, ":Hooks", "some_disabled", disabled=["some-disabled"]) == []
    assert plugin(HOOKS, ":Hooks", "kedro_viz") == []


CHAIN = (parse_node("raw -> d_a", "a"), parse_node("d_a -> d_b", "b"))


def diagnosed(*hooks: RunHooks, nodes: tuple[ProjectNode, ...] = CHAIN, **settings: object) -> list[str]:
    compilation = compile_nodes(nodes, settings, run_hooks=hooks)
    return [f"{one.severity} {one}" for one in compilation.diagnostics if one.code == "hooks_per_job"]


OF_PROJECT = RunHooks(name="proj.CleanUp", methods=("before_pipeline_run",))
OF_PLUGIN = RunHooks(name="plug.Hooks", methods=(*FOUND, *FOUND_ERROR), plugin="plug")


def test_own_hooks_are_a_warning_and_those_of_plugins_a_note():
    own, plugin = diagnosed(OF_PROJECT, OF_PLUGIN)
    assert own == "warning proj.CleanUp: before_pipeline_run runs once in every job, not once in the run"
    assert plugin.startswith(
        "note plug.Hooks: before_pipeline_run and on_pipeline_error of the plugin plug run once in "
    )
    unknown = RunHooks(name="plug.hooks", methods=(), plugin="plug")
    assert "note plug.hooks: the hooks of the plugin plug cannot be read in its source: " in diagnosed(unknown)[0]


def advice_on(*hooks: RunHooks, strict: bool = False, **settings: object) -> list[str]:
    compilation = compile_nodes(CHAIN, settings, strict=strict, run_hooks=hooks)
    return [one.advice for one in compilation.diagnostics if one.code == "hooks_per_job"]


def test_the_advice_names_what_has_an_effect_once():
    accept = "write hooks_per_job: [NAME] under accept in aws_batch.yml"
    move = "Move what must happen once into a node, or out of the pipeline"
    assert advice_on(OF_PROJECT) == [f"{move}. If it does no harm, {accept}"]
    assert advice_on(OF_PROJECT, strict=True) == [f"{move}. Refused because of --strict; to accept it, {accept}"]
    assert advice_on(OF_PROJECT, accept=["hooks_per_job"]) == [""]
    other = RunHooks(name="more.Hooks", methods=FOUND, plugin="more-hooks")
    switch = "If hooks of a plugin do harm in every job, switch them off in settings.py: DISABLE_HOOKS_FOR_PLUGINS = "
    assert advice_on(OF_PLUGIN) == [f"{switch}('plug',)"]
    assert advice_on(OF_PLUGIN, other, strict=True) == [f"{switch}('more-hooks', 'plug')"] * 2


def test_mlflow_is_a_warning_that_says_how_to_go_on_with_one_run():
    name = "kedro_mlflow.framework.hooks.MlflowHook"
    for plugin in ("kedro-mlflow", None):
        (found,) = diagnosed(RunHooks(name=name, methods=("before_pipeline_run",), plugin=plugin))
        assert found.startswith("warning ")
        assert "environment: {MLFLOW_RUN_ID: ...}" in found


def test_hooks_that_are_accepted_or_act_in_a_single_job_are_no_warning():
    assert diagnosed(OF_PROJECT, accept=["hooks_per_job"])[0].startswith("note ")
    assert diagnosed(OF_PROJECT, nodes=CHAIN[:1]) == []
    assert diagnosed(OF_PROJECT, group_by="chain") == []

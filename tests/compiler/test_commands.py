import pytest

from kedro_batch.compiler.commands import CommandBuilder, NotSelectable
from kedro_batch.compiler.nodes import ProjectNode
from kedro_batch.compiler.options import CompileOptions
from kedro_batch.compiler.project.kedro_version import find_kedro_features
from kedro_batch.compiler.settings.batch_config import Settings
from kedro_batch.compiler.settings.rules import ResolvedSettings

NODE = ProjectNode(name="train", inputs=("table@pandas", "params:x"), outputs=("model",))
DEFAULTS = ResolvedSettings.from_dict({"job_queue": "q", "job_definition": "d"}, None)
SETTINGS = Settings(defaults=DEFAULTS)


# No call can change them: frozen.
def command(pipeline="__default__", options=CompileOptions(), settings=SETTINGS, version="1.7.0"):  # noqa: B008
    commands = CommandBuilder({pipeline: [NODE]}, options, settings, find_kedro_features(version))
    return commands.build([NODE])


def test_a_node_of_the_default_pipeline_needs_no_more_than_its_name():
    assert command() == ("kedro", "run", "--nodes=train")


@pytest.mark.parametrize(
    ("version", "flag"),
    [
        ("0.19.0", "--pipeline"),
        ("0.19.15", "--pipeline"),
        ("1.0.0", "--pipeline"),
        ("1.1.1", "--pipeline"),
        ("1.2.0", "--pipelines"),
        ("1.7.0", "--pipelines"),
        ("2.0.0rc1", "--pipelines"),
    ],
)
def test_the_pipeline_is_named_as_the_version_of_kedro_understands_it(version, flag):
    assert command("science", version=version) == ("kedro", "run", f"{flag}=science", "--nodes=train")


def test_a_command_has_everything_that_the_container_needs():
    options = CompileOptions(env="prod", load_versions={"table@pandas": "2026-01-01T00.00"})
    settings = Settings(
        defaults=DEFAULTS,
        command_prefix=("uv", "run", "kedro", "run"),
        container_conf_source="conf.tar.gz",
    )
    assert command(options=options, settings=settings) == (
        "uv",
        "run",
        "kedro",
        "run",
        "--env=prod",
        "--conf-source=conf.tar.gz",
        "--nodes=train",
        "--load-versions=table@pandas:2026-01-01T00.00",
    )


def test_a_load_version_goes_only_to_those_that_read_the_dataset():
    assert command(options=CompileOptions(load_versions={"other": "v"})) == ("kedro", "run", "--nodes=train")


def nodes(**tags_and_namespace):
    return [
        ProjectNode(name=name, inputs=(), outputs=(f"of_{name}",), tags=frozenset(tags), namespace=namespace)
        for name, (tags, namespace) in tags_and_namespace.items()
    ]


def selecting(some, *pipelines, version="1.7.0"):
    named = {f"p{number}": pipeline for number, pipeline in enumerate(pipelines)}
    words = CommandBuilder(named, CompileOptions(), SETTINGS, find_kedro_features(version)).build(some)
    return [word for word in words if word.startswith(("--nodes", "--tags", "--namespace", "--pipeline"))]


LONG = {f"node_{number:03}": (("all",), "ns") for number in range(200)}


def test_a_short_list_of_nodes_is_written_out():
    few = nodes(b=((), None), a=((), None))
    assert selecting(few, few) == ["--pipelines=p0", "--nodes=a,b"]


@pytest.mark.parametrize(
    ("outside", "version", "word"),
    [
        ({}, "1.7.0", "--namespaces=ns"),
        ({}, "0.19.15", "--namespace=ns"),
        ({"x": ((), "ns")}, "1.7.0", "--tags=all"),
        ({"x": ((), "ns.inner")}, "1.7.0", "--tags=all"),
        ({"x": (("all",), None)}, "1.7.0", "--namespaces=ns"),
    ],
)
def test_a_long_list_becomes_a_namespace_or_a_tag_that_selects_the_same(outside, version, word):
    many = nodes(**LONG)
    assert selecting(many, [*many, *nodes(**outside)], version=version)[1:] == [word]


def test_the_whole_pipeline_needs_no_list_where_it_would_be_long():
    many = nodes(**dict.fromkeys(LONG, ((), None)))
    assert selecting(many, many) == ["--pipelines=p0"]


def test_a_long_list_stays_where_nothing_else_selects_the_same():
    many = nodes(**LONG)
    (word,) = selecting(many, [*many, *nodes(x=(("all",), "ns"))])[1:]
    assert word.startswith("--nodes=node_000,")


def test_nodes_of_several_pipelines_need_a_kedro_that_runs_pipelines_together():
    left, right = nodes(a=((), None)), nodes(b=((), None))
    assert selecting([*left, *right], left, right) == ["--pipelines=p0,p1", "--nodes=a,b"]
    with pytest.raises(NotSelectable, match="no pipeline has all the nodes of this job: a, b"):
        selecting([*left, *right], left, right, version="1.1.0")


def test_a_tag_counts_only_if_all_copies_of_the_nodes_have_it():
    tagged, plain = nodes(**LONG), nodes(**dict.fromkeys(LONG, ((), None)))
    odd = nodes(odd=(("all",), None), other=((), None))
    pipelines, names = selecting([*tagged, odd[0]], tagged, [*plain, *odd])
    assert pipelines == "--pipelines=p0,p1"
    assert names.startswith("--nodes=node_000,")


def test_nodes_spread_over_very_many_pipelines_are_reached_in_little_time():
    pipelines = [nodes(**{f"n{number}": ((), None), f"m{number}": ((), None)}) for number in range(40)]
    some = [pipeline[0] for pipeline in pipelines]
    assert selecting(some, *pipelines)[0] == "--pipelines=" + ",".join(f"p{number}" for number in range(40))


def test_a_name_that_kedro_would_split_is_not_selectable():
    odd = [ProjectNode(name="f(a,b) -> [c]", inputs=(), outputs=("c",))]
    with pytest.raises(NotSelectable, match="give them simpler names"):
        selecting(odd, [*odd, NODE])
    assert selecting(odd, odd) == ["--pipelines=p0"]  # alone, it is the whole pipeline


@pytest.mark.parametrize("version", ["0.19.0", "0.19.15", "1.0.0"])
def test_a_namespace_that_would_select_more_than_the_job_is_not_used(version):
    # Before 1.0, Kedro takes stage_10 for a part of stage_1.
    nodes = {
        stage: [
            ProjectNode(name=f"{stage}.{'long' * 100}_{n}", inputs=("a",), outputs=(f"{stage}_{n}",), namespace=stage)
            for n in range(5)
        ]
        for stage in ("stage_1", "stage_10")
    }
    commands = CommandBuilder(
        {"__default__": [*nodes["stage_1"], *nodes["stage_10"]]},
        CompileOptions(),
        SETTINGS,
        find_kedro_features(version),
    )
    by_name = f"--nodes={','.join(node.name for node in nodes['stage_1'])}"
    expected = (
        ("--namespaces=stage_1", "--namespaces=stage_10") if version == "1.0.0" else (by_name, "--namespace=stage_10")
    )
    assert tuple(commands.build(nodes[stage])[-1] for stage in nodes) == expected

import pytest

from kedro_batch.compiler.compile import find_job
from kedro_batch.errors import ProjectError
from tests.compiler.compilations import compile_nodes, parse_node

LOST = [parse_node("raw -> lost", "clean", "job_a")]


@pytest.mark.parametrize(
    ("settings", "strict", "severity"),
    [
        ({}, False, "warning"),
        ({}, True, "error"),
        ({"accept": ["unstored_output"]}, False, "note"),
        ({"accept": ["unstored_output"]}, True, "note"),
        ({"accept": ["merged_cycle"]}, True, "error"),
    ],
)
def test_a_warning_is_accepted_by_settings_or_refused_by_strictness(settings, strict, severity):
    (one,) = compile_nodes(LOST, settings, strict=strict).diagnostics
    assert one.severity == severity
    assert ("Refused because of --strict; to accept it, " in one.advice) == (severity == "error")


@pytest.mark.parametrize(
    ("settings", "code", "how"),
    [
        ({}, "unstored_output", "write unstored_output: [NAME] under accept in aws_batch.yml"),
        ({"accept": []}, "unstored_output", "write unstored_output: [NAME] under accept in aws_batch.yml"),
        ({"accept": ["merged_cycle"]}, "unstored_output", "add unstored_output to accept in aws_batch.yml"),
        ({"accept": {"local_input": ["x"]}}, "unstored_output", "write unstored_output: [NAME] under accept"),
        ({"accept": {"unstored_output": ["d_x"]}}, "unstored_output", "add NAME to unstored_output, under accept in"),
        ({"datasets": {"lots": "shared"}}, "unmatched", 'write unmatched: ["*"] under accept in aws_batch.yml'),
    ],
)
def test_strictness_says_how_to_accept_where_accept_is_absent_a_list_or_a_mapping(settings, code, how):
    (advice,) = {one.advice for one in compile_nodes(LOST, settings, strict=True).diagnostics if one.code == code}
    assert f"Refused because of --strict; to accept it, {how}" in advice


@pytest.mark.parametrize(
    ("pattern", "severity"),
    [("d_m", "note"), ("d_m@s", "note"), ("d_*", "note"), ("d_m@p", "warning"), ("w", "warning")],
)
def test_a_dataset_is_accepted_by_its_name_with_and_without_transcoding(pattern, severity):
    catalog = {"d_m@s": {"type": "json.JSONDataset", "filepath": "data/m.json"}}
    nodes = [parse_node("params:x -> d_m@s", "w")]
    found = compile_nodes(nodes, {"accept": {"local_output": [pattern]}}, catalog=catalog).diagnostics
    assert [str(one.severity) for one in found if one.code == "local_output"] == [severity]


def test_errors_are_not_accepted():
    compilation = compile_nodes([parse_node("nowhere ->", "use")], {"accept": ["unstored_output"]})
    with pytest.raises(ProjectError, match="the project cannot run on AWS Batch as it is"):
        compilation.refuse_errors()
    compile_nodes(LOST).refuse_errors()


def test_nodes_that_cannot_be_grouped_are_refused_with_all_other_diagnostics():
    nodes = [*LOST, parse_node("nowhere ->", "use", "job_a job_b")]
    with pytest.raises(ProjectError, match="the nodes cannot be grouped in this way:") as raised:
        compile_nodes(nodes, {"group_by": "tag:job_"}, strict=True)
    found = [(one.severity, one.code) for one in raised.value.diagnostics]
    assert found == [
        ("error", "invalid_grouping"),
        ("error", "missing_input"),
        ("error", "unstored_output"),
        ("note", "single_node_groups"),
    ]


def test_a_job_is_found_by_its_name_or_by_a_node():
    writers = [parse_node(f"raw -> d_{n}", f"w{n}") for n in range(30)]
    reader = parse_node(f"{' '.join(f'd_{n}' for n in range(30))} ->", "ns.read")
    compilation = compile_nodes([*writers, reader])
    assert [find_job(compilation, name) for name in ("w1", "ns-read", "ns.read")] == ["w1", "ns-read", "ns-read"]
    join = next(job.name for job in compilation.plan.jobs if not job.nodes)
    with pytest.raises(ProjectError, match="is a join job and has no settings of its own"):
        find_job(compilation, join)
    with pytest.raises(
        ProjectError, match=r"no job and no node is named 'ns.raed'. Did you mean 'ns.read' or 'ns-read'"
    ):
        find_job(compilation, "ns.raed")

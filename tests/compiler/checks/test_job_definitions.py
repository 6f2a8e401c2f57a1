"""Job definitions that the settings declare: how they are merged, what the plan says of them, what is refused."""

import pytest

from kedro_batch.errors import ConfigError, ProjectError
from kedro_batch.plan.reader import read_plan
from kedro_batch.plan.settings import Platform
from kedro_batch.plan.writer import plan_text
from tests.compiler.compilations import compile_nodes, parse_node

NODES = [
    parse_node("raw -> d_a", "clean", "gpu"),
    parse_node("d_a -> d_b", "train"),
    parse_node("d_b -> d_c", "rate", "gpu big"),
]
FILE = "conf/base/aws_batch.yml"
ROLE = "arn:aws:iam::123456789012:role/x"
DIGEST = "@sha256:" + "0f" * 32
DECLARED = {"name": "run", "image": f"repo{DIGEST}", "job_role": ROLE}
FARGATE = {**DECLARED, "platform": "fargate", "execution_role": ROLE}
PODS = {"eksProperties": {"podProperties": {"containers": [{"name": "main", "image": f"pod{DIGEST}"}]}}}
TASKS = {"ecsProperties": {"taskProperties": [{"containers": [{"name": "main", "image": f"task{DIGEST}"}]}]}}
IN_POD = {"eksPropertiesOverride": {"podProperties": {"containers": [{"name": "main"}]}}}
IN_TASK = {"ecsPropertiesOverride": {"taskProperties": [{"containers": [{"name": "main"}]}]}}


def rule(tag="gpu", **settings):
    return {"match": {"tags": [tag]}, **settings}


def compiled(definition, *rules, **settings):
    return compile_nodes(NODES, {"job_definition": definition, "rules": list(rules)}, **settings)


def definitions(definition, *rules, **given):
    compilation = compiled(definition, *rules, **given)
    assert compilation.diagnostics == ()
    plan = compilation.plan
    assert read_plan(plan_text(plan).encode(), "plan.yaml").job_definitions == plan.job_definitions
    names = {job.nodes[0]: job.settings.job_definition for job in plan.jobs}
    return {name: one.to_dict() for name, one in plan.job_definitions.items()}, names


def definitions_of(settings, definition, *rules):
    plan = compile_nodes(NODES, {"job_definition": definition, "rules": list(rules), **settings}).plan
    assert refusals(definition, *rules, **settings) == []
    return {name: one.to_dict() for name, one in plan.job_definitions.items()}, plan


def refusals(definition, *rules, **settings):
    found = compile_nodes(NODES, {"job_definition": definition, "rules": list(rules), **settings}).diagnostics
    return [str(one) for one in found if one.severity == "error"]


def config_refusals(definition, *rules, **settings):
    with pytest.raises(ConfigError) as refused:
        compile_nodes(NODES, {"job_definition": definition, "rules": list(rules), **settings})
    return [str(one).removeprefix(f"{FILE}: ") for one in refused.value.diagnostics]


def test_the_plan_has_each_definition_once_with_what_a_container_gets():
    filled = {"vcpus": 1, "memory_mib": 2048}
    found, names = definitions(DECLARED, rule(job_definition={"name": "gpu", "image": f"gpu{DIGEST}"}))
    assert found == {
        "gpu": {"image": f"gpu{DIGEST}", "job_role": ROLE, "resources": filled},
        "run": {"image": f"repo{DIGEST}", "job_role": ROLE, "resources": filled},
    }
    assert names == {"clean": "gpu", "train": "run", "rate": "gpu"}


def test_mappings_are_merged_at_any_depth_and_lists_as_a_whole():
    volumes = [{"path": "/a", "efs": "fs-1"}]
    more = {"secrets": {"A": "a", "B": "b"}, "volumes": [*volumes, {"path": "/b", "efs": "fs-1"}], "public_ip": True}
    base = {**FARGATE, **more, "register": {"parameters": {"x": "1", "y": "1"}}}
    own = {"name": "gpu", "secrets": {"B": "c"}, "volumes": volumes, "register": {"parameters": {"y": "2"}}}
    found, _ = definitions(
        base,
        rule(job_definition={**own, "public_ip": False, "resources": {"vcpus": 2.0}}),
        {"match": {"tags": ["gpu"]}, "job_definition": {"resources": {"memory_mib": 4096}}},
    )
    gpu = found["gpu"]
    assert gpu["secrets"] == {"A": "a", "B": "c"}
    assert gpu["volumes"] == volumes
    assert gpu["register"] == {"parameters": {"x": "1", "y": "2"}}
    assert gpu["resources"] == {"vcpus": 2, "memory_mib": 4096}
    assert "public_ip" not in gpu


def test_a_text_and_a_mapping_replace_each_other():
    found, names = definitions(
        DECLARED, rule(job_definition="d:3"), rule("big", job_definition={**DECLARED, "name": "z"})
    )
    assert names == {"clean": "d:3", "train": "run", "rate": "z"}
    assert found.keys() == {"run", "z"}


def test_what_no_job_uses_is_left_out():
    found, _ = definitions({"name": "unused"}, {"match": {"nodes": ["*"]}, "job_definition": DECLARED})
    assert found.keys() == {"run"}
    found, _ = definitions({"name": "unused"}, {"match": {"nodes": ["*"]}, "job_definition": "d:2"})
    assert found == {}


def test_a_missing_name_and_a_missing_image_are_refused_where_the_definition_is_declared():
    assert refusals({"image": f"x{DIGEST}"}) == [
        f"{FILE}: job_definition.name: is missing: a declared job definition needs one, such as name: kedro_run"
    ]
    assert refusals("d:1", rule(job_definition={"image": f"x{DIGEST}"}))[0].startswith(
        f"{FILE}: rules[0].job_definition.name: is missing"
    )
    (one,) = refusals("d:1", rule(job_definition={"name": "x"}), rule(timeout_s=60))
    assert one.startswith(f"{FILE}: rules[0].job_definition.image: is missing: name the image of the container")


@pytest.mark.parametrize(
    ("rules", "path", "said"),
    [
        (
            [rule(job_definition={"image": "gpu:1"})],
            "rules[0].job_definition.image",
            ("image", "run", "job_definition.image"),
        ),
        (
            [rule(job_definition={"name": "g", "image": "g:1"}), rule("big", job_definition={"image": "big:1"})],
            "rules[1].job_definition.image",
            ("image", "g", "rules[0].job_definition.image"),
        ),
        (
            [rule(platform="ec2")],
            "rules[0].platform",
            ("platform", "run", "job_definition.platform"),
        ),
        (
            [rule(job_definition={"resources": {"memory_mib": 4096}})],
            "rules[0].job_definition.resources",
            ("resources", "run", "job_definition.resources"),
        ),
    ],
)
def test_two_that_differ_under_one_name_are_refused_with_both_places(rules, path, said):
    compilation = compiled(DECLARED, *rules)
    (one,) = (one for one in compilation.diagnostics if one.severity == "error")
    part, name, other = said
    differ = f"two job definitions have the name {name!r} and differ in {part}"
    assert str(one) == f"{FILE}: {path}: {differ}, by this and by {FILE}: {other}"
    assert one.advice.startswith(
        "Give the one of a rule a name of its own, in the rule, such as job_definition: {name: "
    )


def test_nodes_of_one_job_need_one_definition():
    with pytest.raises(ProjectError) as refused:
        compiled(DECLARED, rule(job_definition={"image": "gpu:1"}), strict=False).refuse_errors()
    assert "differ in image" in str(refused.value)
    tagged = {"group_by": ["tag:team."], "job_definition": DECLARED}
    nodes = [parse_node("raw -> d_a", "a", "team.x gpu"), parse_node("d_a -> d_b", "b", "team.x")]
    with pytest.raises(ProjectError) as refused:
        compile_nodes(nodes, {**tagged, "rules": [rule(job_definition={"image": "gpu:1"})]})
    assert 'a and b have different job definitions named "run"' in str(refused.value)


@pytest.mark.parametrize("named", [{}, {"name": "g"}])
def test_a_later_rule_that_names_what_differs_is_the_one_to_change(named):
    everywhere = {"match": {"nodes": ["*"]}, "job_definition": {"name": "common"}}
    compilation = compiled(DECLARED, rule(job_definition={**named, "image": "g:1"}), everywhere)
    (one,) = (one for one in compilation.diagnostics if one.severity == "error")
    assert str(one) == (
        f"{FILE}: rules[1].job_definition.name: it names two job definitions 'common' that differ in image, by {FILE}: "
        f"rules[0].job_definition.image and by {FILE}: job_definition.image: it overrides the name of an earlier rule"
    )
    assert "Leave out the name in the later rule" in one.advice
    # What is advised helps.
    definitions(DECLARED, everywhere, rule(job_definition={"name": "g", "image": f"g{DIGEST}"}))
    definitions(DECLARED, rule(job_definition={"name": "g", "image": f"g{DIGEST}"}))


def test_null_in_a_rule_takes_a_part_away():
    base = {**DECLARED, "log_group": "/x", "ulimits": {"core": 1, "cpu": 2}, "register": {"parameters": {"x": "1"}}}
    taken = {"log_group": None, "ulimits": {"core": None}, "register": {"parameters": None}}
    found, _ = definitions(base, rule(job_definition={"name": "gpu", **taken}))
    assert {name: found["gpu"].get(name) for name in ("log_group", "ulimits", "register")} == {
        "log_group": None,
        "ulimits": {"cpu": 2},
        "register": None,
    }
    (one,) = refusals(DECLARED, rule(job_definition={"name": "gpu", "image": None}))
    assert one.startswith(f"{FILE}: rules[0].job_definition.image: is missing")
    found, _ = definitions({**DECLARED, "log_group": None})
    assert "log_group" not in found["run"]


@pytest.mark.parametrize("beside", [True, False])
@pytest.mark.parametrize(("containers", "submit"), [(PODS, IN_POD), (TASKS, IN_TASK)])
def test_a_rule_with_other_containers_takes_over_nothing_that_does_not_fit(containers, submit, beside):
    register = {"containerProperties": {"privileged": False}, "propagateTags": True}
    platform = {"platform": "fargate" if containers is PODS else "ec2"}
    own = {} if beside else platform
    base = {**DECLARED, "log_group": "/x", "execution_role": ROLE, "register": register, **own}
    other = {"name": "other", "register": containers}
    found, _ = definitions_of({**(platform if beside else {})}, base, rule(job_definition=other, submit=submit))
    kept = {} if containers is PODS else platform
    assert found["other"] == {**kept, "register": {"propagateTags": True, **containers}}


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"volumes": [{"path": "/b", "host": "/c", "root": "/d"}]}, "volumes[0]: root is only for efs, and there is"),
        ({"volumes": [{"path": "/b", "host": "/c", "efs": "fs-1"}]}, "volumes[0]: has efs and host: write one of them"),
        ({"volumes": [{"path": "/b"}]}, "volumes[0]: needs efs or host. A file system"),
        ({"volumes": [{"path": "b", "host": "/c"}]}, "volumes[0].path: 'b' must begin with /. Where the container"),
        (
            {"volumes": [{"path": "/b", "efs": "x"}]},
            "volumes[0].efs: 'x' is not allowed. The id of a file system of EFS, s",
        ),
        ({"ulimits": {"nofiles": 9}}, "ulimits.nofiles: 'nofiles' is unknown. Did you mean 'nofile'? Known here: core"),
        ({"job_role": "x"}, "job_role: 'x' is not allowed. The ARN of an IAM role, such as arn:aws:iam::"),
    ],
)
def test_parts_of_a_wrong_shape_are_refused_in_plain_words(part, message):
    (one,) = config_refusals({**DECLARED, **part})
    assert one.startswith(f"job_definition.{message}")


@pytest.mark.parametrize("name", ["x:3", "arn:aws:batch:eu-west-1:123456789012:job-definition/x:1"])
def test_a_declared_name_is_neither_an_arn_nor_a_revision(name):
    (one,) = config_refusals({**DECLARED, "name": name})
    assert one.startswith(f"job_definition.name: {name!r} is the ARN or a revision of a job definition that exists")
    assert one.endswith(f"To use the existing one as it is, write job_definition: {name}")


def test_the_platform_of_the_definition_and_of_the_jobs_are_one_thing():
    plan = compile_nodes(NODES, {"job_definition": FARGATE}).plan
    assert {job.settings.platform for job in plan.jobs} == {Platform.FARGATE}
    beside = {name: value for name, value in FARGATE.items() if name != "platform"}
    plan = compile_nodes(NODES, {"job_definition": beside, "platform": "fargate"}).plan
    assert plan.job_definitions["run"].platform is Platform.FARGATE
    (one,) = refusals(FARGATE, platform="ec2")
    assert (
        one == f"{FILE}: platform: is ec2, but the job definition 'run' is for fargate: write it in one way (all jobs)"
    )


@pytest.mark.parametrize(
    ("definition", "settings", "message"),
    [
        (FARGATE, {"memory_mib": 4000}, "memory_mib: Fargate does not give 4000 MiB to 1 vCPU"),
        (
            {**FARGATE, "resources": {"memory_mib": 4000}},
            {},
            "job_definition.resources.memory_mib: Fargate does not give 4000 MiB to 1 vCPU",
        ),
        ({**DECLARED, "platform": "fargate"}, {}, "job_definition.execution_role: is missing: on Fargate, a role must"),
        (DECLARED, {"platform": "fargate"}, "job_definition.execution_role: is missing: on Fargate, a role must"),
        ({**FARGATE, "ulimits": {"nofile": 9}}, {}, "job_definition.ulimits: Fargate does not take it"),
        ({**DECLARED, "public_ip": True}, {}, "job_definition.public_ip: AWS Batch takes this for Fargate alone"),
        (
            {**DECLARED, "secrets": {"A": "b"}},
            {},
            "job_definition.execution_role: is missing: a role must read the secrets",
        ),
        (
            {**DECLARED, "image": "Repo:1"},
            {},
            "job_definition.image: 'Repo:1' is not the name of an image: a repository",
        ),
        (
            {**DECLARED, "register": PODS},
            {"submit": IN_POD},
            "job_definition.image: cannot stand beside eksProperties, which has containers of its own: write it",
        ),
        (
            {**DECLARED, "volumes": [{"path": "/b", "host": "/c"}, {"path": "/b/", "host": "/d"}]},
            {},
            "job_definition.volumes[1].path: '/b/' is the path of volumes[0] too: give each one of its own",
        ),
        (
            {**DECLARED, "ulimits": {"nofile": {"soft": 9, "hard": 8}}},
            {},
            "job_definition.ulimits.nofile.soft: is 9, above hard: 8",
        ),
        (
            {**DECLARED, "ulimits": {"nofile": {"soft": -1, "hard": 8}}},
            {},
            "job_definition.ulimits.nofile.soft: is -1, which is no limit, above hard: 8",
        ),
        (
            DECLARED,
            {"account": "999999999999"},
            "job_definition.job_role: is of account 123456789012, and the plan is for account 999999999999",
        ),
        (
            {"name": "x", "register": {"ecsProperties": {"taskProperties": [{"containers": [], "taskRoleArn": ROLE}]}}},
            {"account": "999999999999"},
            "job_definition.register.ecsProperties.taskProperties[0].taskRoleArn: is of account 123456789012",
        ),
        (
            DECLARED,
            {"region": "eu-west-1", "job_queue": "arn:aws:batch:us-east-1:123456789012:job-queue/q"},
            "job_queue: is of region us-east-1, and the plan is for region eu-west-1: name one of that region",
        ),
        (
            "arn:aws:batch:us-east-1:123456789012:job-definition/d:1",
            {"account": "123456789012", "region": "eu-west-1"},
            "job_definition: is of region us-east-1",
        ),
        ({**DECLARED}, {"submit": IN_POD}, "submit.eksPropertiesOverride: does not fit the job definition 'run'"),
        ({**DECLARED}, {"submit": IN_TASK}, "submit.ecsPropertiesOverride: does not fit the job definition 'run'"),
        (
            {"name": "x", "register": PODS},
            {"submit": IN_TASK},
            "submit.ecsPropertiesOverride: the job definition 'x' has eksProperties: name the container that gets",
        ),
        (
            {**DECLARED, "register": {"parameters": {"a": "x" * 25_000}}},
            {},
            "job_definition: has 25,",
        ),
        (
            {**DECLARED, "register": {"containerProperties": {"logConfiguration": {"options": {"a": "b"}}}}},
            {},
            "job_definition.register: Missing required parameter in containerProperties.logConfiguration",
        ),
        (
            {**DECLARED, "register": {"tags": {"a": "b"}}},
            {"submit_tags": False},
            "job_definition.register.tags: no tags may be sent",
        ),
    ],
)
def test_what_aws_batch_would_refuse_is_refused_where_it_stands(definition, settings, message):
    assert any(one.startswith(f"{FILE}: {message}") for one in refusals(definition, **settings))


def test_a_definition_of_pods_needs_a_submit_that_names_the_container():
    (one,) = refusals({"name": "x", "register": PODS})
    assert one.startswith("all jobs: submit: the job definition 'x' has eksProperties: name the container")
    assert one.endswith("Write submit: {eksPropertiesOverride: {podProperties: {containers: [{name: main}]}}}")
    for register, submit in ((PODS, IN_POD), (TASKS, IN_TASK)):
        compilation = compile_nodes(NODES, {"job_definition": {"name": "x", "register": register}, "submit": submit})
        assert compilation.diagnostics == ()
        assert compilation.plan.job_definitions["x"].to_dict() == {"register": register}


def test_a_rule_that_brings_containers_takes_over_nothing_of_one_container():
    found, _ = definitions(DECLARED, rule(job_definition={"name": "pods", "register": PODS}, submit=IN_POD))
    assert found["pods"] == {"register": PODS}


@pytest.mark.parametrize(
    ("register", "message"),
    [
        ({"jobDefinitionName": "x"}, "jobDefinitionName: write it as name"),
        ({"timeout": {}}, "timeout: write it as timeout_s, beside job_definition"),
        ({"nodeProperties": {}}, "nodeProperties: it is for jobs on several machines"),
        ({"containerProperties": {"image": "x"}}, "containerProperties.image: write it as image"),
        (
            {"containerProperties": {"privileged": "x"}},
            "containerProperties: containerProperties.privileged must be true",
        ),
        ({"propagateTag": True}, "propagateTag: is no field of RegisterJobDefinition. Did you mean 'propagateTags'?"),
        (
            {"containerProperties": {"environment": [{"name": "KEDRO_ENV", "value": "prod"}]}},
            "containerProperties.environment[0]: KEDRO_ENV: it would run the jobs with another configuration",
        ),
        (
            {"containerProperties": {"environment": [{"name": "DB_PASSWORD", "value": "hunter2"}]}},
            "containerProperties.environment[0]: looks like a credential",
        ),
    ],
)
def test_what_register_may_not_have_is_refused_in_defaults_and_rules(register, message):
    (one,) = config_refusals({**DECLARED, "register": register})
    assert one.startswith(f"job_definition.register.{message}")
    (one,) = config_refusals("d:1", rule(job_definition={**DECLARED, "register": register}))
    assert one.startswith(f"rules[0].job_definition.register.{message}")


def test_a_secret_is_where_it_is_kept_and_not_itself():
    (one,) = config_refusals({**DECLARED, "secrets": {"A": "AKIAIOSFODNN7EXAMPLA"}})
    assert one.startswith("job_definition.secrets.A: looks like a credential itself")


def test_words_of_aws_in_a_definition_lead_to_where_they_belong():
    assert config_refusals({"name": "x", "jobRoleArn": "r", "vcpus": 2, "environment": {}, "eksProperties": {}}) == [
        "job_definition.eksProperties: unknown field. Write it under register, as AWS spells it",
        "job_definition.environment: unknown field. Write it beside job_definition, for the jobs",
        "job_definition.jobRoleArn: unknown field. Did you mean 'job_role'?",
        "job_definition.vcpus: unknown field. Write it under resources",
    ]


def notes(definition, *rules, **given):
    found = compiled(definition, *rules, **given).diagnostics
    assert all(one.severity == "note" for one in found)
    return [(str(one.code), one.source, one.path, *one.about.values()) for one in found]


def test_what_may_move_is_noted_once_and_not_refused_by_strictness():
    assert notes("d", rule(job_definition="d"), strict=True) == [
        ("moving_definition", FILE, ("job_definition",), ("d",))
    ]
    assert notes("d:1", rule(job_definition={"name": "x", "image": "i:1"}), rule("big", timeout_s=60)) == [
        ("moving_image", FILE, ("rules", 0, "job_definition", "image"), ("i:1",))
    ]
    assert notes("arn:aws:batch:eu-west-1:123456789012:job-definition/d") != []
    assert notes("arn:aws:batch:eu-west-1:123456789012:job-definition/d:2") == []
    pod = {"eksProperties": {"podProperties": {"containers": [{"name": "main", "image": "pod:1"}]}}}
    found = compile_nodes(NODES, {"job_definition": {"name": "x", "register": pod}, "submit": IN_POD}).diagnostics
    assert [one.about for one in found] == [{"image": ("pod:1",)}]


def images(definition, *rules, image="cli:1"):
    plan = compiled(definition, *rules, image=image).plan
    return {name: one.image for name, one in plan.job_definitions.items()}


def test_an_image_of_the_command_line_goes_to_the_declared_default_and_to_rules_without_one():
    own, none = {"name": "own", "image": "own:1"}, {"name": "none"}
    assert images(DECLARED) == {"run": "cli:1"}
    assert images({"name": "run"}) == {"run": "cli:1"}
    assert images(DECLARED, rule(job_definition=own), rule("big", job_definition={"name": "big"})) == {
        "run": "cli:1",
        "own": "own:1",
        "big": "own:1",
    }
    assert images("d:1", rule(job_definition=none)) == {"none": "cli:1"}
    assert images("d:1", rule("big", job_definition=own), {"match": {"nodes": ["train"]}, "job_definition": none}) == {
        "own": "own:1",
        "none": "cli:1",
    }
    assert [one[1] for one in notes(DECLARED, image="cli:1")] == ["--image"]
    assert notes(DECLARED, image=f"cli{DIGEST}") == []


def test_an_image_that_nothing_takes_is_refused_with_lines_to_paste():
    with pytest.raises(ConfigError) as refused:
        compiled("arn:aws:batch:eu-west-1:123456789012:job-definition/d:1", image="cli:1")
    assert str(refused.value).endswith(
        f'In place of {FILE}: job_definition, declare it:\n\n    job_definition:\n      name: d\n      image: "cli:1"\n'
    )
    with pytest.raises(ConfigError) as refused:
        compiled(DECLARED, {"match": {"nodes": ["*"]}, "job_definition": {"image": "own:1"}}, image="cli:1")
    assert "--image sets no image: conf/base/aws_batch.yml: rules[0].job_definition.image names another image" in str(
        refused.value
    )
    with pytest.raises(ConfigError) as refused:
        compile_nodes(NODES, {"job_definition": {"name": "x", "register": PODS}, "submit": IN_POD}, image="cli:1")
    assert "job_definition.register has containers of its own" in str(refused.value)


@pytest.mark.parametrize("account", ["123456789012", 123456789012])
def test_account_and_region_stand_in_the_plan(account):
    plan = compile_nodes(NODES, {"account": account, "region": "eu-west-1"}).plan
    assert (plan.account, plan.region) == ("123456789012", "eu-west-1")


@pytest.mark.parametrize("account", [12345, 0o12345670123, "12345", "1234-5678-9012", 123456789012.0, True])
def test_an_account_has_twelve_digits(account):
    (one,) = config_refusals("d:1", account=account)
    assert one.startswith("account: ")
    assert "in quotes" in one


def test_account_and_region_hold_for_all_jobs():
    found = config_refusals("d:1", rule(account="123456789012", region="eu-west-1"))
    assert [one.partition(":")[0] for one in found] == ["rules[0].account", "rules[0].region"]
    assert all("write it outside of the rules" in one for one in found)

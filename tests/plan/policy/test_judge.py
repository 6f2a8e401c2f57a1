"""Ways around a rule: what a plan says elsewhere, or spells otherwise, is judged as what AWS Batch makes of it."""

import pytest

from kedro_batch.plan.policy.judge import judge_plan
from kedro_batch.plan.policy.reader import read_policy
from kedro_batch.plan.reader import read_plan

IMAGE = f"ghcr.io/our-team/x@sha256:{'a' * 64}"
_ONE = 'resources: {limits: {cpu: "1", memory: 1024Mi}}'
POD = f"""\
  d:
    register:
      eksProperties:
        podProperties:
          initContainers: [{{name: prepare, image: "{IMAGE}", command: [kedro], {_ONE}}}]
          containers:
            - {{name: main, image: "{IMAGE}", {_ONE}}}
            - {{name: side, image: "{IMAGE}", command: [kedro], {_ONE}}}
"""
_AMOUNTS = '{type: VCPU, value: "1"}, {type: MEMORY, value: "1024"}'
TASK = f"""\
  d:
    register:
      ecsProperties:
        taskProperties:
          - containers:
            - {{name: main, image: "{IMAGE}", essential: true}}
            - {{name: side, image: "{IMAGE}", command: [kedro], resourceRequirements: [{_AMOUNTS}]}}
"""
ON_TASK = "{ecsPropertiesOverride: {taskProperties: [{containers: [{name: main}]}]}}"
SHELL, GPUS, VCPUS, MEMORY = "no_shell: true", "max_gpus: 0", "max_vcpus: 3", "max_memory_mib: 4096"
PROGRAMS, REGISTRY, DIGEST = "programs: [kedro]", "registries: [ghcr.io]", "images_by_digest: true"


def on_pod(main="", side="", prepare=""):
    """Return the ``submit`` of a job whose containers are given more than their names."""
    containers = [f"{{name: {name}{more and f', {more}'}}}" for name, more in (("main", main), ("side", side))]
    first = f", initContainers: [{{name: prepare, {prepare}}}]" if prepare else ""
    shown = ", ".join(containers if side else containers[:1])
    return f"{{eksPropertiesOverride: {{podProperties: {{containers: [{shown}]{first}}}}}}}"


def is_broken(rule, *, definition="", command="[kedro, run]", submit="{}", further=""):
    declared = f"job_definitions:\n{definition}" if definition else ""
    plan = (
        f"schema: kedro-batch/plan/v1\n{declared}defaults:\n  job_queue: q\n  job_definition: d\n"
        "  resources: {vcpus: 1, memory_mib: 2048}\n  timeout_s: 360\n  attempts: 1\njobs:\n"
        f"  - name: a\n    command: {command}\n    submit: {submit}\n{further}"
    )
    policy = read_policy(f"schema: kedro-batch/policy/v1\nrules:\n  {rule}\n".encode(), "policy.yaml")
    return bool(judge_plan(read_plan(plan.encode(), "plan.yaml"), policy))


@pytest.mark.parametrize("rule", [SHELL, GPUS, VCPUS, MEMORY, PROGRAMS, REGISTRY, DIGEST])
def test_a_pod_that_keeps_the_rules_is_no_violation(rule):
    assert not is_broken(rule, definition=POD, submit=on_pod())


@pytest.mark.parametrize(
    ("rule", "containers"),
    [
        (REGISTRY, {"main": "image: evil.io/x"}),
        (REGISTRY, {"side": "image: evil.io/x, command: [kedro]"}),
        (REGISTRY, {"prepare": "image: evil.io/x"}),
        (DIGEST, {"main": 'image: "ghcr.io/our-team/x:1"'}),
        (DIGEST, {"main": 'image: "No Name"'}),
        (PROGRAMS, {"prepare": "command: [curl, x]"}),
        (SHELL, {"prepare": "command: [sh, -c, x]"}),
        (VCPUS, {"prepare": 'resources: {limits: {cpu: "64"}}'}),
        (GPUS, {"prepare": 'resources: {limits: {nvidia.com/gpu: "8"}}'}),
        (GPUS, {"side": 'command: [kedro], resources: {limits: {nvidia.com/gpu: "1e1"}}'}),
        (GPUS, {"side": 'command: [kedro], resources: {limits: {amd.com/gpu: "1"}}'}),
        (VCPUS, {"side": 'command: [kedro], resources: {limits: {cpu: "1e3"}}'}),
        (MEMORY, {"side": 'command: [kedro], resources: {limits: {memory: "1P"}}'}),
        (VCPUS, {"side": 'command: [kedro], resources: {limits: {cpu: "1"}, requests: {cpu: "32"}}'}),
    ],
)
def test_what_submit_says_of_any_container_counts(rule, containers):
    assert is_broken(rule, definition=POD, submit=on_pod(**containers))


@pytest.mark.parametrize(
    ("rule", "amount"),
    [(VCPUS, '{type: VCPU, value: "9"}'), (GPUS, '{type: gpu, value: "9"}'), (GPUS, '{type: GPU, value: " 9"}')],
)
def test_an_amount_that_is_stated_twice_or_oddly_counts(rule, amount):
    assert not is_broken(rule, definition=TASK, submit=ON_TASK)
    assert is_broken(rule, definition=TASK.replace(_AMOUNTS, f"{_AMOUNTS}, {amount}"), submit=ON_TASK)


def test_a_command_that_submit_leaves_empty_is_that_of_the_definition():
    own = f'{{name: side, image: "{IMAGE}", command: '
    definition = POD.replace(f"{own}[kedro]", f"{own}[sh]")
    assert is_broken(PROGRAMS, definition=definition, submit=on_pod(side="command: []"))


def test_arguments_of_the_definition_stand_behind_the_command_of_the_job():
    definition = POD.replace("{name: main,", "{name: main, args: [sh, -c, x],")
    assert is_broken(SHELL, definition=definition, submit=on_pod(), command="[env]")


@pytest.mark.parametrize(
    "command",
    [
        "['Ref::p', -c, x]",
        "['baRef::p', -c, x]",
        "['$(P)', -c, x]",
        "[env, -S, 'A=1 bash -c x']",
        "[env, '-Sbash -c x']",
        "[env, '-iSbash -c x']",
        "[env, '--split-string=bash -c x']",
        "[env, -S, '\"bash\" -c x']",
        "[env, -S, 'ba\\sh -c x']",
        "[env, '-S${SHELL} -c x']",
        "[env, '--split-s=bash -c x']",
        "[env, --s, 'bash -c x']",
        "[bash-5.2, -c, x]",
        "[elvish, -c, x]",
        "[busybox.static, x]",
        "[xonsh, -c, x]",
    ],
)
def test_a_shell_by_another_name_is_one(command):
    assert is_broken(SHELL, command=command, submit="{parameters: {p: sh}}")


@pytest.mark.parametrize(
    "word", ["--params=text=run sh now", "x=Ref::p", "--params=a:$(P)", "s3://b/Ref::p", "wash", "a_${X}"]
)
def test_a_word_that_only_has_a_shell_in_it_is_none(word):
    assert not is_broken(SHELL, command=f"[kedro, run, '{word}']", submit="{parameters: {p: a}}")


@pytest.mark.parametrize("program", ["/opt/bin/../../tmp/evil", "/opt/bin/Ref::p", "/opt/bin/$(P)"])
def test_a_program_does_not_leave_the_folder_that_is_allowed(program):
    assert not is_broken("programs: [/opt/bin/*]", command="[/opt/bin/kedro]")
    assert is_broken("programs: [/opt/bin/*]", command=f"['{program}']", submit="{parameters: {p: ../x}}")


@pytest.mark.parametrize(
    ("image", "registry"),
    [("python", "docker.io/library/*"), ("docker.io/library/python", "docker.io/python")],
)
def test_official_images_of_docker_hub_have_two_names(image, registry):
    definition = f"  d: {{image: '{image}', resources: {{vcpus: 1, memory_mib: 512}}}}\n"
    assert not is_broken(f"registries: ['{registry}']", definition=definition)
    assert is_broken(f"registries: ['{registry}']", definition=definition.replace("python", "evil/python"))


@pytest.mark.parametrize(
    "command", ["[env, PATH=/tmp, kedro]", "[env, -S, 'A=1 PATH=/tmp kedro']", "[sh, -c, 'PATH=/tmp; kedro']"]
)
def test_a_variable_that_a_command_sets_is_one(command):
    assert is_broken("forbidden_variables: [PATH]", command=command)
    assert not is_broken("forbidden_variables: [PAT, ATH, path]", command=command)
    assert not is_broken("forbidden_variables: [a, b]", command="[kedro, run, --params, 'a=1,b=2']")


@pytest.mark.parametrize(
    "container",
    [{"side": "command: [kedro], env: [{name: LD_PRELOAD, value: x}]"}, {"main": "env: [{name: LD_X, value: x}]"}],
)
def test_a_variable_of_any_container_is_one(container):
    assert is_broken("forbidden_variables: ['LD_*']", definition=POD, submit=on_pod(**container))
    assert not is_broken("forbidden_variables: ['LD_Y*']", definition=POD, submit=on_pod(**container))


@pytest.mark.parametrize(("value", "allowed"), [("''", "['*']"), ("' '", "['*', a]"), ("''", "['a*']")])
def test_an_empty_tag_has_no_value(value, allowed):
    assert is_broken(f"required_tags: {{team: {allowed}}}", further=f"    tags: {{team: {value}}}\n")
    assert not is_broken("required_tags: {team: ['']}", further="    tags: {team: ''}\n")


@pytest.mark.parametrize(
    ("field", "is_access"),
    [
        ("volumes: [{path: /a, host: /}]", True),
        ("volumes: [{path: /a, efs: fs-0123456789abcdef0}]", False),
        ("register: {containerProperties: {volumes: [{name: a, host: {sourcePath: /}}]}}", True),
        ("register: {containerProperties: {volumes: [{name: a, host: {}}]}}", False),
        ("register: {containerProperties: {privileged: false}}", False),
        ("register: {containerProperties: {linuxParameters: {devices: []}}}", False),
        ("register: {containerProperties: {linuxParameters: {devices: [{hostPath: /dev/sda}]}}}", True),
    ],
)
def test_access_to_the_machine_is_found_where_it_stands(field, is_access):
    definition = f"  d: {{image: '{IMAGE}', resources: {{vcpus: 1, memory_mib: 512}}, {field}}}\n"
    assert is_broken("no_host_access: true", definition=definition) is is_access


def test_what_tasks_share_with_the_machine_is_access_to_it():
    task = TASK.replace("          - containers:", "          - pidMode: host\n            containers:")
    assert is_broken("no_host_access: true", definition=task, submit=ON_TASK)
    assert not is_broken("no_host_access: true", definition=task.replace("host\n", "task\n"), submit=ON_TASK)


def test_hours_that_are_exactly_those_allowed_are_allowed():
    two_more = "  - {name: b, command: [kedro]}\n  - {name: c, command: [kedro]}\n"
    assert not is_broken("max_vcpu_hours: 0.3", further=two_more)
    assert is_broken("max_vcpu_hours: 0.299", further=two_more)

"""Settings of AWS Batch that are no settings of a job here: says where each belongs. Pure."""

import re

from kedro_batch.files.schema_words import Meaning

_SPOT = (
    "Spot belongs to the compute environment behind the job queue: name a queue that has one. To start jobs again "
    "after an interruption, write attempts: 3 and retry_on: [spot]"
)
_COMPUTE_ENVIRONMENT = "It belongs to the compute environment behind the job queue: name a queue that has the right one"
_JOB_DEFINITION = (
    "It belongs to the job definition: write it in the one on AWS Batch that job_definition names, or declare one "
    "here, such as job_definition: {name: kedro_run, image: repository:tag}"
)
_PLAN = "It is made from the pipeline: leave it out"
_SHELL = "It belongs to the shell of kedro-batch apply, as AWS_PROFILE: leave it out"

_NAMES = {
    _COMPUTE_ENVIRONMENT: "compute environment, compute environments, compute env, compute resources, instance type, "
    "instance types, instance, instances, machine type, min vcpus, max vcpus, desired vcpus, allocation strategy, "
    "subnet, subnets, security group, security groups, security group ids, ami, image id, instance role",
    _JOB_DEFINITION: "image, image uri, docker image, container image, container properties, job role, job role arn, "
    "execution role, execution role arn, role, role arn, secrets, volumes, mount points, mounts, ulimits, "
    "log configuration, log group, linux parameters, network configuration, ephemeral storage, privileged, user, efs, "
    "shared memory size, runtime platform, repository credentials",
    _PLAN: "job name, depends on, dependencies, array properties, array size",
    _SHELL: "profile, aws profile",
}
_BELONGS = {name.replace(" ", ""): advice for advice, names in _NAMES.items() for name in names.split(", ")}
_PLACES_OF_SPOT = {"platform", "platformcapabilities", "launchtype", "compute", "computetype", "capacityprovider"}


def find_advice(plain_name: str, value: object) -> str:
    """Return where a setting belongs, by the letters of its name and its value; empty if it is not known."""
    if plain_name in _PLACES_OF_SPOT and "spot" in str(value).lower():
        return _SPOT
    if "spot" in plain_name or plain_name in ("bidpercentage", "capacityprovider"):
        return _SPOT
    return _BELONGS.get(plain_name, "")


_IN_DEFINITION = {
    "name": "job definition name, definition name, job definition",
    "image": "image uri, docker image, container image",
    "job_role": "role, role arn, job role arn, task role, task role arn",
    "execution_role": "execution role arn, task execution role, task execution role arn",
    "platform": "platform capabilities, launch type",
    "resources": "resource requirements, requirements",
    "log_group": "logs, log group name, awslogs group",
    "secrets": "secret, secret variables",
    "volumes": "volume, mounts, mount points, efs",
    "ulimits": "ulimit",
    "shared_memory_mib": "shared memory, shared memory size, shm size, shm",
    "public_ip": "assign public ip, public address",
}
_ADVICE_IN_DEFINITION = {
    "Write it under resources": "vcpus, vcpu, cpu, memory, memory mib, gpus, gpu",
    "Write it beside job_definition, for the jobs": "timeout, timeout s, attempts, retry strategy, retry on, "
    "environment, env, job queue, share identifier, scheduling priority",
    "Every job has a command of its own: leave it out": "command, command prefix, entrypoint",
    "apply registers a new revision where it is needed: leave it out": "revision",
    "Write it under register, as AWS spells it": "container properties, eks properties, ecs properties, parameters, "
    "propagate tags, tags, consumable resource properties",
    "Write it under register: {containerProperties: ...}, as AWS spells it": "privileged, user, linux parameters, "
    "log configuration, network configuration, ephemeral storage, runtime platform, repository credentials, "
    "fargate platform configuration, readonly root filesystem",
    "It is for jobs on several machines, and each would run the same nodes: leave it out": "node properties",
}
_MEANT = {name.replace(" ", ""): field for field, names in _IN_DEFINITION.items() for name in names.split(", ")}
_ADVISED = {name.replace(" ", ""): one for one, names in _ADVICE_IN_DEFINITION.items() for name in names.split(", ")}


def find_definition_meaning(name: str) -> Meaning | None:
    """Return which field of a declared job definition is meant by a name, or where it belongs; None if unknown."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    if advice := _ADVISED.get(plain):
        return Meaning("", advice=advice)
    return Meaning(_MEANT[plain]) if plain in _MEANT else None

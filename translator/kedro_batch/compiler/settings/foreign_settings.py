"""Settings of AWS Batch that are no settings of a job here: says where each belongs. Pure."""

_SPOT = (
    "Spot belongs to the compute environment behind the job queue: name a queue that has one. To start jobs again "
    "after an interruption, write attempts: 3 and retry_on: [spot]"
)
_COMPUTE_ENVIRONMENT = "It belongs to the compute environment behind the job queue: name a queue that has the right one"
_JOB_DEFINITION = "It belongs to the job definition on AWS Batch: write it there, and name that as job_definition"
_PLAN = "It is made from the pipeline: leave it out"
_SHELL = "It belongs to the shell of kedro-batch apply, such as AWS_REGION and AWS_PROFILE: leave it out"

_NAMES = {
    _COMPUTE_ENVIRONMENT: "compute environment, compute environments, compute env, compute resources, instance type, "
    "instance types, instance, instances, machine type, min vcpus, max vcpus, desired vcpus, allocation strategy, "
    "subnet, subnets, security group, security groups, security group ids, ami, image id, instance role",
    _JOB_DEFINITION: "image, image uri, docker image, container image, container properties, job role, job role arn, "
    "execution role, execution role arn, role, role arn, secrets, volumes, mount points, mounts, ulimits, "
    "log configuration, log group, linux parameters, network configuration, ephemeral storage, privileged, user, efs, "
    "shared memory size, runtime platform, repository credentials",
    _PLAN: "job name, depends on, dependencies, array properties, array size",
    _SHELL: "region, aws region, profile, aws profile",
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

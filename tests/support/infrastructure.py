"""A template for the tests, with the logical ids that ``infra`` reads, and a project that is deployed with it."""

from pathlib import Path

from tests.support.projects import write_project

QUEUE, REPOSITORY, STACK = "a_queue", "a-project", "kedro-batch-a-project"
SETTINGS = """\
# The jobs of the project.
job_queue: a_queue  # made by infra deploy

# What runs.
job_definition: kedro_run

shared_paths: [data]
"""

TEMPLATE = """\
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Subnets:
    Type: List<AWS::EC2::Subnet::Id>
  SecurityGroups:
    Type: List<AWS::EC2::SecurityGroup::Id>
  ServiceRole:
    Type: String
    Default: ""
  MaxvCpus:
    Type: Number
    Default: 16
  Image:
    Type: String
    Default: ""
  Token:
    Type: String
    NoEcho: true
    Default: x
Conditions:
  HasServiceRole: !Not [!Equals [!Ref ServiceRole, ""]]
  HasImage: !Not [!Equals [!Ref Image, ""]]
Resources:
  JobRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: batchJobRole
      AssumeRolePolicyDocument: &trust
        Statement: [{Effect: Allow, Principal: {Service: ecs-tasks.amazonaws.com}, Action: "sts:AssumeRole"}]
  ExecutionRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: batchExecutionRole
      AssumeRolePolicyDocument: *trust
  LogGroup:
    Type: AWS::Logs::LogGroup
    DeletionPolicy: RetainExceptOnCreate
    Properties: {LogGroupName: /aws/batch/a_project}
  Repository:
    Type: AWS::ECR::Repository
    DeletionPolicy: RetainExceptOnCreate
    Properties: {RepositoryName: a-project}
  Bucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    Properties: {BucketName: a-bucket}
  ComputeEnvironment:
    Type: AWS::Batch::ComputeEnvironment
    Properties:
      ComputeEnvironmentName: a_env
      Type: MANAGED
      State: ENABLED
      ServiceRole: !If [HasServiceRole, !Ref ServiceRole, !Ref AWS::NoValue]
      ComputeResources:
        Type: FARGATE
        MaxvCpus: !Ref MaxvCpus
        Subnets: !Ref Subnets
        SecurityGroupIds: !Ref SecurityGroups
  JobQueue:
    Type: AWS::Batch::JobQueue
    Properties:
      JobQueueName: a_queue
      Priority: 1
      State: ENABLED
      ComputeEnvironmentOrder: [{Order: 1, ComputeEnvironment: !Ref ComputeEnvironment}]
  JobDefinition:
    Type: AWS::Batch::JobDefinition
    Properties:
      JobDefinitionName: kedro_run
      Type: container
      PlatformCapabilities: [FARGATE]
      RetryStrategy: {Attempts: 1}
      ContainerProperties:
        Image: !If [HasImage, !Ref Image, busybox]
        JobRoleArn: !GetAtt JobRole.Arn
        ExecutionRoleArn: !GetAtt ExecutionRole.Arn
        ResourceRequirements: [{Type: VCPU, Value: "1"}, {Type: MEMORY, Value: "2048"}]
        NetworkConfiguration: {AssignPublicIp: ENABLED}
        LogConfiguration: {LogDriver: awslogs, Options: {awslogs-group: !Ref LogGroup}}
"""

OF_A_NETWORK = TEMPLATE.replace("Subnet::Id>\n", 'Subnet::Id>\n    Default: "s"\n').replace(
    "SecurityGroup::Id>\n", 'SecurityGroup::Id>\n    Default: "g"\n'
)
"""The same, without a network to be looked for: the client of Amazon EC2 takes longest to make."""


def prepared_project(folder: Path, *, settings: str = SETTINGS, template: str | None = OF_A_NETWORK) -> Path:
    """Write a project as ``init`` leaves it, as far as ``infra`` reads it."""
    root = write_project(folder / "project", conf={"aws_batch/aws_batch.yml": settings})
    if template is not None:
        (root / "infrastructure.yml").write_text(template)
    return root


def settings_of(project: Path) -> str:
    return (project / "conf" / "aws_batch" / "aws_batch.yml").read_text()

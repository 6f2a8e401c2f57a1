"""Makes plans that nobody would write: seeds, and what becomes of them by mistakes of every kind."""

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import yaml

_GOLDEN = Path(__file__).parent.parent / "golden" / "plans"
EVERY_FIELD = """\
schema: kedro-batch/plan/v1
project: a_project
pipelines: [__default__, half]
env: prod
kedro_version: "1.7.0"
selection:
  nodes: [one]
  tags: [t, u]
  namespaces: [n.m]
  from_nodes: [one]
  to_nodes: ["f([a]) -> [b]"]
  from_inputs: [raw]
  to_outputs: [out]
group_by: [namespace:2, "tag:job", chain, memory]
defaults:
  job_queue: a_queue
  job_definition: "a_definition:3"
  platform: ec2
  resources: {vcpus: 2, memory_mib: 4096, gpus: 1}
  timeout_s: 600
  attempts: 3
  retry_on: [spot, image_pull]
  environment: {A: b, LONG: "a b\\tc"}
  tags: {team: "no", owner: data@example.com}
  share_identifier: share*
  scheduling_priority: 7
  submit:
    propagateTags: true
    parameters: {input: "s3://a/b", count: "5"}
jobs:
  - name: one
    nodes: [one]
    command: [kedro, run, --env=prod, --nodes=one]
    reads: [raw, "params:x"]
    writes: ["table@spark"]
  - name: two
    nodes: [two, three]
    command: [kedro, run, "--nodes=two,three"]
    depends_on: [one]
    reads: ["table@pandas"]
    writes: [out, other]
    job_queue: arn:aws:batch:eu-central-1:123456789012:job-queue/q
    job_definition: other
    platform: fargate
    resources: {vcpus: 0.5, memory_mib: 1024, gpus: 0}
    timeout_s: 60
    attempts: 10
    retry_on: [start_failure]
    environment: {A: ""}
    tags: {team: x}
    share_identifier: b
    scheduling_priority: 0
    submit: {parameters: {input: z}}
  - name: join
    command: ["true"]
    depends_on: [one, two]
    submit:
      ecsPropertiesOverride:
        taskProperties:
          - containers:
              - {name: main, environment: [{name: B, value: c}]}
"""
_HOSTILE = "schema: kedro-batch/plan/v1\njobs: [{name: a, command: [x], job_queue: q, job_definition: d}]\n"

SEEDS: tuple[bytes, ...] = (
    *(file.read_bytes() for file in sorted(_GOLDEN.glob("*.yaml"))),
    EVERY_FIELD.encode(),
    _HOSTILE.encode(),
    json.dumps(yaml.safe_load(EVERY_FIELD), indent=1).encode(),
)
"""Plans that can be applied."""

_TOKENS = (
    *"{}[]:,-?&*!|>%@`#'\"\\~=\t\r\n\0 ",
    *(
        "- ",
        ": ",
        "? ",
        "\n  ",
        "\n- ",
        "\n---\n",
        "\n...\n",
        "<<: ",
        "&a ",
        "*a",
        "!!str ",
        "!!python/name:os.system ",
        "%TAG ! x\n",
    ),
    *(
        "no",
        "null",
        "true",
        "1e3",
        "012",
        "0x1F",
        ".inf",
        ".nan",
        "-0.0",
        "1" * 400,
        "1:30",
        "2020-01-01",
        "1_0",
        "9" * 30,
    ),
    *(
        "|9\n",
        ">-\n",
        "[[[[",
        "{{{{",
        "]" * 9,
        "[" * 90,
        "''",
        '""',
        '"\\ud800"',
        '"\\U0010ffff"',
        '"\\x00"',
        "\\u202e",
    ),
    *("\u0085", "\u2028", "\ufeff", "\u202e", "\u200b", "\U0001f600", "é", "Ⅷ", "٣", "ß", "İ"),
    *("name", "jobs", "defaults", "submit", "environment", "depends_on", "resources", "schema", "one", "two", "spot"),
)
_RAW = (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xff\xfe", b"\xef\xbb\xbf", b"\x80", b"\xf4\x90\x80\x80")
_ODD_VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        5,
        0.25,
        1.0,
        -0.0,
        1e300,
        2**31,
        2**63,
        10**30,
        10**400,
        float("inf"),
        float("nan"),
    ),
    *(
        "",
        " ",
        "a",
        "one",
        "two",
        "ONE",
        "no",
        "5",
        "a\x00b",
        "a\nb",
        "\ud83d",
        "\u202e",
        "é",
        "\U0001f600",
        "x" * 9000,
        "aws:x",
    ),
    *(
        "true",
        "namespace",
        "tag:",
        "none",
        "AWS_BATCH_X",
        "a=b",
        "*",
        "arn:aws:batch:x:1:job-queue/q",
        "{{x}}",
        "$(x)",
        "<b>",
    ),
    *(
        [],
        {},
        [[]],
        [{}],
        [None],
        ["one", "one"],
        [1, True],
        ["x"] * 30,
        {"": ""},
        {"a": None},
        {"name": "x", "value": 5},
    ),
    {"ecsPropertiesOverride": 7},
    {"ecsPropertiesOverride": {"taskProperties": [{"containers": [{"name": "a"}]}]}},
    {"eksPropertiesOverride": {"podProperties": {"containers": [{"name": "a", "env": [{"name": "A"}]}]}}},
    {"containerOverrides": {"instanceType": "x"}},
    {"shareIdentifier": "x", "jobName": "y"},
    {"parameters": {"a": "b"}, "nodeOverrides": {}},
)


def mutated(seed: int) -> tuple[bytes, bytes]:
    """Give a plan that can be applied, and what became of it: the same for the same number."""
    chance = Random(seed)  # noqa: S311  no secret is made of it
    plan = chance.choice(SEEDS)
    changed = plan
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        changed = chance.choice(_WAYS)(changed, chance)
    return plan, changed


def _bytes_changed(content: bytes, chance: Random) -> bytes:
    at = chance.randint(0, len(content))
    to = min(len(content), at + chance.choice((0, 1, 1, 2, 5, 20, 200)))
    match chance.randrange(5):
        case 0:
            put = bytes([(content[at % len(content)] if content else 0) ^ 1 << chance.randrange(8)])
            to = max(to, at + 1)
        case 1:
            put = b""
        case 2:
            put = content[at:to] * chance.choice((2, 3, 50))
        case 3:
            put = chance.choice(_RAW)
        case _:
            put = chance.choice(_TOKENS).encode()
    return content[:at] + put + content[to:]


def _lines_changed(content: bytes, chance: Random) -> bytes:
    lines = content.split(b"\n")
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(6):
        case 0:
            del lines[at]
        case 1:
            lines.insert(other, lines[at])
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
        case 3:
            lines[at] = chance.choice((b" ", b"  ", b"\t", b"    ")) + lines[at]
        case 4:
            lines[at] = lines[at].lstrip()
        case _:
            key, colon, _ = lines[at].partition(b":")
            lines[at] = key + colon + b" " + chance.choice(_TOKENS).encode()
    return chance.choice((b"\n", b"\n", b"\n", b"\r\n", b"\r")).join(lines)


def _values_changed(content: bytes, chance: Random) -> bytes:
    """Change the structure; where there is none any more, the bytes."""
    try:
        # The safe loader, written in C where there is one.
        root = yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError):
        return _bytes_changed(content, chance)
    places = list(_places(root))
    if not places:
        return _bytes_changed(content, chance)
    above, key = chance.choice(places)
    above_too, key_too = chance.choice(places)
    match chance.randrange(7):
        case 0:
            del above[key]
        case 1:
            above[key] = above_too[key_too]
        case 2:
            above[key], above_too[key_too] = above_too[key_too], above[key]
        case 3 if isinstance(above, dict):
            above[chance.choice((key_too, "x", "submit", "environment", "depends_on", "reads"))] = above[key]
        case 3:
            above.append(above[key])
        case 4:
            above[key] = _deep(chance.choice((2, 10, 70)), above[key], chance)
        case _:
            above[key] = chance.choice(_ODD_VALUES)
    return _spelled(root)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Give every place in a value, however deep: the mapping or list, and the key."""
    found: list[tuple[Any, Any]] = []
    inner = [value]
    for one in inner:
        keys = list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        if len(found) > 5000:
            break
        found += [(one, key) for key in keys]
        inner += [one[key] for key in keys]
    return found


def _deep(levels: int, value: Any, chance: Random) -> Any:
    for _ in range(levels):
        value = [value] if chance.random() < 0.5 else {"a": value}
    return value


def _spelled(root: Any) -> bytes:
    """Write as JSON, which is YAML; what goes in circles by a mutation, not at all."""
    try:
        return json.dumps(root, default=str, skipkeys=True).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError, TypeError):
        return b"{"


_WAYS: tuple[Callable[[bytes, Random], bytes], ...] = (_bytes_changed, _lines_changed, _values_changed, _values_changed)

"""What people write in ``aws_batch.yml`` that it calls otherwise: other names, units, a key around everything. Pure.

The schema refuses these. This module knows what they mean, so that a message can say what to write. Nothing is taken
for what it probably means: that would be a guess in what a job costs.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from kedro_batch.files.json_schema import Meaning, whole
from kedro_batch.files.resources import schema
from kedro_batch.text.wording import closest, listed

_NAMES = {
    "job_queue": "queue, queue name, queue arn, job queue name, job queue arn, batch queue",
    "job_definition": "definition, definition name, definition arn, job def, job definition name, job definition arn",
    "vcpus": "vcpu, cpu, cpus, core, cores, num cpus, num vcpus, n cpus",
    "memory_mib": "memory, mem, ram, memory limit, mem limit, memory size",
    "gpus": "gpu, num gpus, n gpus, gpu count",
    "resources": "resource, resource requirements, requirements",
    "timeout_s": "timeout, job timeout, time limit, max runtime, attempt duration, duration",
    "attempts": "attempt, max attempts, max attempt, retry attempts, tries, max tries",
    "environment": "env, envs, env vars, environment variables, environment vars, variables, vars",
    "tags": "tag, labels",
    "platform": "platform capabilities, launch type, compute, compute type",
    "share_identifier": "share, share id, fair share, fair share identifier",
    "scheduling_priority": "priority, job priority, scheduling priority override",
    "group_by": "group, groups, grouping, groupings",
    "rules": "rule, overrides",
    "retry_on": "retry reasons, retry if, retry when, evaluate on exit",
    "command_prefix": "command, cmd, prefix",
    "container_conf_source": "conf source",
    "shared_paths": "shared path, shared folders, shared folder, shared",
    "datasets": "dataset, stores, storage",
    "accept": "accepted, accepts, ignore",
}
"""Other names of settings, by what they mean. Case, ``-``, ``_`` and spaces make no difference."""

_RETRIES = ("retry", "retries", "maxretries", "maxretry", "numretries", "retrycount", "nretries")
"""Names of ``attempts`` that do not count the first start."""

_MIB = {"b": 2**-20, "k": 2**-10, "m": 1, "g": 2**10, "t": 2**20}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_MILLI = 1000
_MEMORY_UNIT = r"(b|bytes|[kmgt](?:i?b)?|[kmgt]i)"
_TIME_UNIT = r"(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)"
_NUMBER = r"(\d{1,12}(?:\.\d{1,12})?)"
_WRAPPERS = ("awsbatch", "batch", "kedrobatch", "aws")


class Wrapper(NamedTuple):
    """A key around settings that should stand at the top of the file."""

    key: str
    settings: Mapping[str, Any]

    @property
    def message(self) -> str:
        """What is wrong with it, and what to do."""
        inner = f"write {listed(map(str, self.settings))} at the beginning of the line" if self.settings else ""
        return f"the file has no such level: take out {self.key}:{inner and f', and {inner}'}"


def find_meaning(name: str, value: object) -> Meaning | None:
    """Return which setting is meant by a name, and its value as it should be written; None if that is not known.

    Args:
        name: As it stands in the file: a setting, or another name for one.
        value: As it stands in the file. A value that cannot be understood gets an empty text.
    """
    plain = _plain(name)
    if plain in _RETRIES:
        text = _attempts(value, first=1)
        return Meaning("attempts", text and f"{text}, which counts the first start too")
    for stem, unit in _without_unit(plain):
        if meant := _MEANT.get(stem):
            return Meaning(meant, _value_text(meant, value, unit))
    return None


def find_wrappers(given: Mapping[str, Any]) -> Iterator[Wrapper]:
    """Yield the keys that stand around settings in place of the file itself, such as ``aws_batch``."""
    for key, value in given.items():
        settings = value if isinstance(value, Mapping) else {}
        known = key in schema("config")["properties"] or find_meaning(key, value)
        if not known and (_plain(key) in _WRAPPERS or any(_plain(name) in _MEANT for name in settings)):
            yield Wrapper(key, settings)


def find_meant_settings(given: Mapping[str, Any]) -> set[str]:
    """Return the settings that are meant by all names in the file, also by those that are misspelt."""
    meant = set()
    for name, value in (*given.items(), *(one for wrapper in find_wrappers(given) for one in wrapper.settings.items())):
        meaning = find_meaning(str(name), value)
        meant |= {meaning.setting} if meaning else {*closest(str(name), schema("config")["properties"])}
    return meant


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


_MEANT = {_plain(name): setting for setting, names in _NAMES.items() for name in (setting, *names.split(","))}


def _without_unit(plain: str) -> Iterator[tuple[str, str]]:
    """Yield a name with the unit that its value has, if the name tells: ``memorygb``, ``timeoutminutes``."""
    yield plain, {"memory_mib": "m", "timeout_s": "s"}.get(_MEANT.get(plain, ""), "")
    for setting, unit in (("memory_mib", _MEMORY_UNIT), ("timeout_s", _TIME_UNIT)):
        found = re.fullmatch(rf"(.+?){unit}", plain)
        if found and _MEANT.get(found[1]) == setting:
            yield found[1], found[2][0]


def _value_text(setting: str, value: object, unit: str) -> str:
    """Spell the value of an amount as a number; empty if it is none, or if no job may have it."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return ""
    text = str(value).strip().lower()
    amount: float | None
    match setting:
        case "attempts":
            return _attempts(value, first=0)
        case "memory_mib":
            number = _number(text, _MEMORY_UNIT)
            amount = math.ceil(number[0] * _MIB[number[1] or unit]) if number else None
        case "timeout_s":
            amount = _seconds(text, unit)
        case "vcpus":
            number = _number(text, r"(m|vcpus?|v?cpus?|cores?)")
            amount = number[0] / (_MILLI if number[1] == "m" else 1) if number else None
        case "gpus":
            number = _number(text, "(gpus?)")
            amount = number[0] if number else None
        case _:
            return ""
    return _within_limits(setting, amount)


def _attempts(value: object, *, first: int) -> str:
    """Spell a number of attempts; ``first`` is 1 where the value does not count the first of them."""
    number = None if isinstance(value, bool) else _number(str(value).strip().lower(), "(x|times)")
    return _within_limits("attempts", number[0] + first if number else None)


def _number(text: str, unit: str) -> tuple[float, str] | None:
    """Return a number, and the first letter of the unit behind it, if any."""
    found = re.fullmatch(rf"{_NUMBER}\s*{unit}?", text)
    return (float(found[1]), (found[2] or "")[:1]) if found else None


def _seconds(text: str, unit: str) -> float | None:
    """Read ``90``, ``30m``, ``1h 30min`` or ``1:30:00``."""
    if clock := re.fullmatch(r"(\d+):([0-5]\d):([0-5]\d)", text):
        hours, minutes, seconds = map(int, clock.groups())
        return hours * 3600 + minutes * 60 + seconds
    if alone := re.fullmatch(_NUMBER, text):
        return math.ceil(float(alone[1]) * _SECONDS[unit])
    part = rf"{_NUMBER}\s*{_TIME_UNIT}\s*"
    if not re.fullmatch(f"(?:{part})+", text):
        return None
    return math.ceil(sum(float(number) * _SECONDS[named[0]] for number, named in re.findall(part, text)))


def _within_limits(setting: str, amount: float | None) -> str:
    limits = schema("config")["$defs"][setting]
    if amount is None or not limits["minimum"] <= amount <= limits["maximum"]:
        return ""
    number = whole(round(amount, 3))
    return str(number) if limits["type"] == "number" or isinstance(number, int) else ""

"""What people write in ``aws_batch.yml`` that it calls otherwise: other names, units, a key around everything. Pure.

The schema refuses these. This module knows what they mean, so that a message can say what to write. Nothing is taken
for what it probably means: that would be a guess in what a job costs.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from kedro_batch.compiler.settings.foreign_settings import find_advice
from kedro_batch.diagnostics import FieldPath
from kedro_batch.files.json_schema import whole
from kedro_batch.files.resources import schema
from kedro_batch.files.schema_words import Meaning
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
    "not_secret": "not secrets, no secret, no secrets, not credentials, not a secret, allow secrets",
    "exclusive": "exclusively, exclusive run, single run, one run, no concurrent runs",
    "account": "account id, aws account, aws account id, account number",
    "region": "aws region, default region, aws default region",
}
"""Other names of settings, by what they mean. Case, ``-``, ``_`` and spaces make no difference."""

_RETRIES = ("retry", "retries", "maxretries", "maxretry", "numretries", "retrycount", "nretries")
"""Names of ``attempts`` that do not count the first start."""

_MIB = {"b": 2**-20, "k": 2**-10, "m": 1, "g": 2**10, "t": 2**20}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_MILLI = 1000
_LEAST_CPU_UNITS = 256
_MOST_MIB = 2**26
"""More than any machine has."""
_MEMORY_UNIT = r"(b|bytes|[kmgt](?:i?b)?|[kmgt]i)"
_TIME_UNIT = r"(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)"
_NUMBER = r"(\d{1,12}(?:\.\d{1,12})?)"
_SELECTORS = {
    name: f"{name.removesuffix('s')}s" for name in ("node", "nodes", "namespace", "namespaces", "pipeline", "pipelines")
}
"""The selectors of a rule that are no settings as well, by the names that people give them."""
_WRAPPERS = ("awsbatch", "batch", "kedrobatch", "aws")


class Wrapper(NamedTuple):
    """Keys around settings that should stand at the top of the file: ``aws_batch``, or ``aws`` and ``batch``."""

    keys: FieldPath
    settings: Mapping[str, Any]

    @property
    def message(self) -> str:
        """What is wrong with them, and what to do."""
        keys = " and ".join(f"{key}:" for key in self.keys)
        meanings = ((name, find_meaning(str(name), value)) for name, value in self.settings.items())
        names = listed(str(meaning.setting if meaning and meaning.setting else name) for name, meaning in meanings)
        levels = "level" if len(self.keys) == 1 else "levels"
        return (
            f"the file has no such {levels}: take out {keys}, and write {names or 'the settings'} at the beginning "
            "of the line"
        )


def find_meaning(name: str, value: object) -> Meaning | None:
    """Return which setting is meant by a name, and its value as it should be written; None if that is not known.

    Args:
        name: As it stands in the file: a setting, or another name for one.
        value: As it stands in the file. A value that cannot be understood gets an empty text.
    """
    plain = _plain(name)
    if advice := find_advice(plain, value):
        return Meaning("", advice=advice)
    if plain in _SELECTORS and (text := _selected(value)):
        return Meaning("match", f"{{{_SELECTORS[plain]}: [{text}]}}")
    if plain in _RETRIES:
        text = _attempts(value, first=1)
        return Meaning("attempts", text and f"{text}, which counts the first start too")
    for stem, unit in _without_unit(plain):
        if meant := _MEANT.get(stem):
            ask = _ask_for_unit(stem, value)
            return Meaning(meant, "" if ask else _spell(meant, value, unit), ask)
    return None


def find_wrappers(given: Mapping[str, Any]) -> Iterator[Wrapper]:
    """Yield the keys that stand around settings in place of the file itself, such as ``aws_batch``."""
    for key, value in given.items():
        settings = value if isinstance(value, Mapping) else {}
        if key in schema("config")["properties"] or find_meaning(str(key), value):
            continue
        inner = [*find_wrappers(settings)]
        if inner or _plain(str(key)) in _WRAPPERS or any(_plain(str(name)) in _MEANT for name in settings):
            others = {name: one for name, one in settings.items() if name not in {wrapper.keys[0] for wrapper in inner}}
            if others or not inner:
                yield Wrapper((key,), others)
            yield from (Wrapper((key, *wrapper.keys), wrapper.settings) for wrapper in inner)


def find_meant_settings(given: Mapping[str, Any]) -> set[str]:
    """Return the settings that are meant by all names in the file, also by those that are misspelt."""
    meant: set[str] = set()
    for name, value in (*given.items(), *(one for wrapper in find_wrappers(given) for one in wrapper.settings.items())):
        meaning = find_meaning(str(name), value)
        meant.update([meaning.setting] if meaning else closest(str(name), schema("config")["properties"]))
    return meant.intersection(schema("config")["properties"])


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


def _spell(setting: str, value: object, unit: str) -> str:
    """Spell a value as it should be written; empty if it is not understood."""
    if setting == "resources":
        return _requirements(value)
    if isinstance(value, Mapping):  # timeout: {attemptDurationSeconds: 600}
        meanings = [find_meaning(str(name), inner) for name, inner in value.items()]
        return meanings[0].text if len(meanings) == 1 and meanings[0] and meanings[0].setting == setting else ""
    return _value_text(setting, value, unit)


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
        case "platform":
            return text if text in schema("config")["$defs"]["platform"]["enum"] else ""
        case "gpus":
            number = _number(text, "(gpus?)")
            amount = number[0] if number else None
        case _:
            return ""
    return _within_limits(setting, amount)


def _requirements(value: object) -> str:
    """Spell a list of resource requirements of AWS Batch; empty if it is none."""
    amounts = {}
    for one in value if isinstance(value, list) else ():
        kind = one.get("type") if isinstance(one, Mapping) else None
        setting = _MEANT.get(_plain(str(kind)), "")
        text = (
            _value_text(setting, one["value"], {"memory_mib": "m"}.get(setting, "")) if kind and "value" in one else ""
        )
        if not text:
            return ""
        amounts[setting] = text
    return f"{{{', '.join(f'{name}: {text}' for name, text in amounts.items())}}}" if amounts else ""


def _selected(value: object) -> str:
    """Spell the names that a selector has, for a list in one line; empty if one of them is not plain."""
    names = value if isinstance(value, list) else [value]
    plain = [name for name in names if isinstance(name, str) and re.fullmatch(r"[A-Za-z_][\w.*?-]*", name)]
    return ", ".join(plain) if len(plain) == len(names) else ""


def _ask_for_unit(plain: str, value: object) -> str:
    """Return what to write if an amount that is much too large for its unit is in the unit of another service."""
    if isinstance(value, bool) or not isinstance(value, int):
        return ""
    match _MEANT.get(plain):
        case "vcpus" if "vcpu" not in plain and value >= _LEAST_CPU_UNITS and value % _LEAST_CPU_UNITS == 0:
            return f"If these are CPU units of ECS, 1024 to a vCPU, write vcpus: {whole(value / 1024)}"
        case "memory_mib" if value > _MOST_MIB:
            return f"If these are bytes, write memory_mib: {math.ceil(value / 2**20)}"
    return ""


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

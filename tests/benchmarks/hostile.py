"""Measures what hostile plans cost to read: ``python tests/benchmarks/hostile.py [WORD]``.

Each plan below is made to take as much time or memory as its few megabytes can. It prints what `kedro-batch validate`
takes for each, in a process of its own, then what `compile --check` takes for a plan of a project with much in it that
means nothing. It ends with 1 if one takes more than 200 MB or 30 s, or ends in a traceback.
"""

import multiprocessing
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from tests.benchmarks.measure import measured_however_it_ends
from tests.support.command_line import BIN, environment
from tests.support.large_projects import CHAIN, write_large_project

MEGABYTES_AT_MOST = 200
SECONDS_AT_MOST = 30
_HEAD = "schema: kedro-batch/plan/v1\ndefaults: {job_queue: q, job_definition: d}\n"
_MIB = 1024 * 1024
_MOST = 16 * _MIB


def _filled(piece: str, size: int = _MOST, head: str = "", tail: str = "") -> bytes:
    """Repeat a piece up to a size in bytes, ``%d`` in it counted up."""
    head_bytes, tail_bytes = head.encode(), tail.encode()
    left = size - len(head_bytes) - len(tail_bytes)
    if "%d" not in piece:
        return head_bytes + piece.encode() * (left // len(piece.encode())) + tail_bytes
    pieces, number = [], 0
    while left > 0:
        pieces.append((piece.replace("%d", str(number))).encode())
        left -= len(pieces[-1])
        number += 1
    return head_bytes + b"".join(pieces[:-1]) + tail_bytes


def _jobs(count: int, job: Callable[[int], str], head: str = _HEAD) -> bytes:
    return (head + "jobs:\n" + "".join(job(number) for number in range(count))).encode()


def _defaults(field: str, values: str) -> str:
    return f"schema: kedro-batch/plan/v1\ndefaults: {{job_queue: q, job_definition: d, {field}: {{{values}}}}}\n"


def _numbered(count: int, pair: str) -> str:
    return ", ".join(pair.replace("%d", str(number)) for number in range(count))


def _alias_bomb() -> bytes:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 50)]
    return "\n".join(lines).encode()


_JOB = "  - {name: j%d, command: [x]}\n"
_LONG = "x" * 90

HOSTILE: Mapping[str, Callable[[], bytes]] = {
    "nothing but [": lambda: _filled("["),
    "nothing but {a: ": lambda: _filled("{a: "),
    "nothing but - ": lambda: _filled("- "),
    "nothing but ? ": lambda: _filled("? "),
    "nothing but newlines": lambda: _filled("\n"),
    "nothing but spaces": lambda: _filled(" "),
    "nothing but tabs": lambda: _filled("\t"),
    "nothing but carriage returns": lambda: _filled("\r"),
    "nothing but NUL": lambda: _filled("\x00"),
    "nothing but :": lambda: _filled(":"),
    "nothing but ,": lambda: _filled(","),
    "nothing but '": lambda: _filled("'"),
    "nothing but &": lambda: _filled("&a "),
    "nothing but !": lambda: _filled("!a "),
    "nothing but ---": lambda: _filled("---\n"),
    "nothing but ...": lambda: _filled("...\n"),
    "nothing but %TAG": lambda: _filled("%TAG !%d! x\n"),
    "nothing but %YAML": lambda: _filled("%YAML 1.2\n"),
    "nothing but #": lambda: _filled("#"),
    "a comment with an invisible character in each line": lambda: _filled("#\u200b\n"),
    "newlines and one invisible character": lambda: _filled("\n", tail="#\u200b"),
    "a comment of characters outside the BMP": lambda: _filled("\U0001f600", head="#"),
    "UTF-16": lambda: ("\ufeff" + "a: b\n" * _MIB).encode("utf-16"),
    "invalid UTF-8 at the end": lambda: _filled("a: b\n", head="x: |\n") + b"\xff",
    "one plain scalar": lambda: _filled("x"),
    "one plain scalar of words": lambda: _filled("x y\n"),
    "one quoted scalar": lambda: _filled("x", head='"', tail='"'),
    "one quoted scalar of escapes": lambda: _filled("\\U0001F600", head='"', tail='"'),
    "one quoted scalar outside the BMP": lambda: _filled("\U0001f600", head='"', tail='"'),
    "one block scalar": lambda: _filled(" x\n", head="a: |\n"),
    "one folded scalar of empty lines": lambda: _filled("\n", head="a: >\n x\n", tail=" x\n"),
    "block scalars with a wrong indentation": lambda: _filled("- |9\n  x\n"),
    "one number": lambda: _filled("1"),
    "many numbers": lambda: _filled("1" * 39 + ", ", head="[", tail="1]"),
    "many floats": lambda: _filled("1.%d, ", head="[", tail="1]"),
    "sexagesimal numbers": lambda: _filled("1:" * 15_000 + "1, ", head="[", tail="1]"),
    "a long key": lambda: _filled("x", head="? ", tail="\n: y"),
    "long keys above each other": lambda: _filled("x", 64 * 1020, head="").replace(b"x" * 1000, b"x" * 999 + b":"),
    "a long anchor": lambda: _filled("x", head="&", tail=" y"),
    "anchors": lambda: _filled("- &a%d x\n"),
    "an alias bomb": _alias_bomb,
    "long tags": lambda: _filled("- !e!a x\n", head=f"%TAG !e! {'y' * _MIB}\n--- \n"),
    "merge keys": lambda: _filled("- <<: {a: b}\n"),
    "list items": lambda: _filled("- a\n"),
    "different list items": lambda: _filled("- a%d\n"),
    "lists": lambda: _filled("[],", head="[", tail="]"),
    "mappings": lambda: _filled("{a},", head="[", tail="]"),
    "mappings of many keys": lambda: _filled("- {a: 1, b: 2, c: 3, d: 4, e: 5, f: 6}\n"),
    "different keys": lambda: _filled("a%d: b%d\n"),
    "the same key": lambda: _filled("a: b\n"),
    "keys that are no text": lambda: _filled("%d: b\n"),
    "keys that are mappings": lambda: _filled("? {a: b}\n: c\n"),
    "unknown fields": lambda: _filled("coman%d: b\n", 5 * _MIB, head=_HEAD),
    "jobs that are texts": lambda: _filled("  - %d x\n", 8 * _MIB, head=_HEAD + "jobs:\n"),
    "jobs that are empty": lambda: _filled("  - {}\n", 2 * _MIB, head=_HEAD + "jobs:\n"),
    "jobs with a wrong field": lambda: _jobs(90_000, lambda n: f"  - {{name: j{n}, command: [x], surprise: 1}}\n"),
    "jobs with wrong types": lambda: _jobs(
        60_000, lambda n: f"  - {{name: {n}, command: x, reads: 7, resources: 5}}\n"
    ),
    "jobs without a target": lambda: _jobs(
        110_000, lambda n: _JOB.replace("%d", str(n)), "schema: kedro-batch/plan/v1\n"
    ),
    "jobs with one name": lambda: _jobs(120_000, lambda _: _JOB.replace("%d", "")),
    "as many jobs as possible": lambda: _jobs(124_000, lambda n: _JOB.replace("%d", str(n))),
    "25,000 jobs with settings": lambda: _jobs(
        25_000,
        lambda n: (
            f"  - {{name: j{n}, command: [x{n}], timeout_s: {n + 60}, attempts: 2, resources: {{vcpus: {n + 1}}}, "
            f"environment: {{A: b{n}}}, tags: {{a: b{n}}}, reads: [a{n}, b{n}], writes: [c{n}, d{n}]}}\n"
        ),
    ),
    "one job that reads 900,000 datasets": lambda: _jobs(
        1, lambda _: f"  - {{name: a, command: [x], reads: [{_numbered(900_000, 'd%d')}]}}\n"
    ),
    "a command of 900,000 words": lambda: _jobs(
        1, lambda _: f"  - {{name: a, command: [{_numbered(900_000, 'd%d')}]}}\n"
    ),
    "a command of 900,000 words outside the BMP": lambda: _jobs(
        1, lambda _: f"  - {{name: a, command: [{_numbered(900_000, '😀😀%d')}]}}\n"
    ),
    "a mapping of 900,000 words outside the BMP": lambda: _jobs(
        1, lambda _: f"  - {{name: a, command: [x], resources: [{_numbered(900_000, '😀😀%d')}]}}\n"
    ),
    "25,000 jobs with 14 variables each": lambda: _jobs(
        25_000, lambda n: f"  - {{name: j{n}, command: [x], environment: {{{_numbered(14, f'A%d: b{n}x%d')}}}}}\n"
    ),
    "25,000 jobs to which defaults give 20 variables": lambda: _jobs(
        25_000,
        lambda n: f"  - {{name: j{n}, command: [x], environment: {{X: z{n}, Z: z{n}}}, tags: {{a: b{n}}}}}\n",
        _defaults("environment", _numbered(20, "A%d: 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb%d'")),
    ),
    "an environment of 450,000 variables": lambda: _jobs(
        1, lambda n: _JOB.replace("%d", str(n)), _defaults("environment", _numbered(450_000, "A%d: b%d"))
    ),
    "an environment of 300 variables to which 20,000 jobs add": lambda: _jobs(
        20_000,
        lambda n: f"  - {{name: j{n}, command: [x], environment: {{X: z}}}}\n",
        _defaults("environment", _numbered(300, "A%d: b%d")),
    ),
    "a submit of 1,000 values for 20,000 jobs": lambda: _jobs(
        20_000,
        lambda n: _JOB.replace("%d", str(n)),
        _defaults("submit", "parameters: {" + _numbered(1000, "A%d: b%d") + "}"),
    ),
    "a submit of 40 values for 25,000 jobs": lambda: _jobs(
        25_000,
        lambda n: f"  - {{name: j{n}, command: [x], submit: {{propagateTags: true}}}}\n",
        _defaults("submit", "parameters: {" + _numbered(38, "A%d: b%d") + "}"),
    ),
    "a submit of 450,000 wrong values": lambda: _jobs(
        1,
        lambda n: _JOB.replace("%d", str(n)),
        _defaults("submit", "parameters: {" + _numbered(450_000, "A%d: 5") + "}"),
    ),
    "values that could be credentials": lambda: _jobs(
        500, lambda n: f'  - {{name: j{n}, command: [x], environment: {{A: "{"/" * 30_000}"}}}}\n'
    ),
    "values that could be tokens": lambda: _jobs(
        500, lambda n: f'  - {{name: j{n}, command: [x], environment: {{A: "{"eyJ-" * 7_500}"}}}}\n'
    ),
    "values that could be connection strings": lambda: _jobs(
        500, lambda n: f'  - {{name: j{n}, command: [x], environment: {{A: "{"password={" * 3000}"}}}}\n'
    ),
    "commands that could be scripts": lambda: _jobs(
        500, lambda n: f'  - {{name: j{n}, command: [sh, -c, "{"curl -u a --token token= " * 1200}"]}}\n'
    ),
    "values that could be tokens of OpenAI": lambda: _jobs(
        500, lambda n: f'  - {{name: j{n}, command: [x], environment: {{A: "{"sk-" * 10_000}"}}}}\n'
    ),
    "one wide letter in every long name": lambda: _jobs(
        23_000, lambda n: f"  - {{name: j{n}, command: [x], nodes: [\U0001f680{'a' * 640}{n}]}}\n"
    ),
    "one wide letter in as many long names as are read": lambda: _jobs(
        6_000, lambda n: f"  - {{name: j{n}, command: [x], nodes: [\U0001f680{'a' * 640}{n}]}}\n"
    ),
    "long commands for 24,500 jobs": lambda: _jobs(
        24_500, lambda n: f"  - {{name: j{n}, nodes: [n{n}], command: [x, {'a' * 560}], reads: [r{n}]}}\n"
    ),
    "14 datasets of their own for 24,900 jobs": lambda: _jobs(
        24_900, lambda n: f"  - {{name: j{n}, command: [x], reads: [{_numbered(14, f'd{n}_%d')}]}}\n"
    ),
    "a list of different kinds that may not repeat": lambda: _jobs(
        1, lambda _: f"  - {{name: a, command: [x], reads: [{_numbered(450_000, 'd%d, %d')}]}}\n"
    ),
    "a list of repeated texts": lambda: _jobs(
        1, lambda _: f"  - {{name: a, command: [x], reads: [{_numbered(450_000, 'd%d, d%d')}]}}\n"
    ),
    "names that differ by one letter": lambda: _jobs(
        20_000, lambda n: f"  - {{name: {_LONG}{n}, command: [x], depends_on: [{_LONG}y{n}]}}\n"
    ),
    "jobs that wait for unknown ones": lambda: _jobs(
        25_000, lambda n: f"  - {{name: j{n}, command: [x], depends_on: [{_numbered(20, f'k{n}_%d')}]}}\n"
    ),
    "a circle of 25,000": lambda: _jobs(
        25_000, lambda n: f"  - {{name: j{n}, command: [x], depends_on: [j{(n + 1) % 25_000}]}}\n"
    ),
    "12,500 circles": lambda: _jobs(25_000, lambda n: f"  - {{name: j{n}, command: [x], depends_on: [j{n ^ 1}]}}\n"),
    "25,000 jobs that wait for themselves": lambda: _jobs(
        25_000, lambda n: f"  - {{name: j{n}, command: [x], depends_on: [j{n}]}}\n"
    ),
    "25,000 jobs with 20 parents": lambda: _jobs(
        25_000,
        lambda n: (
            f"  - {{name: j{n}, command: [x], depends_on: [{', '.join(f'j{p}' for p in range(max(0, n - 20), n))}]}}\n"
        ),
    ),
    "everybody reads what everybody writes": lambda: _jobs(
        20_000, lambda n: f"  - {{name: j{n}, command: [x], reads: [a{n % 2}], writes: [a{(n + 1) % 2}]}}\n"
    ),
    "200,000 datasets that are written and read": lambda: _jobs(
        2,
        lambda n: f"  - {{name: j{n}, command: [x], {('reads', 'writes')[n]}: [{_numbered(199_999, 'dataset%d')}]}}\n",
    ),
    "20,000 unordered reads": lambda: _jobs(
        20_000,
        lambda n: (
            f"  - {{name: j{n}, command: [x], depends_on: [j{max(0, n - 2)}], reads: [a{n + 1}], writes: [a{n}]}}\n"
            if n > 1
            else f"  - {{name: j{n}, command: [x], writes: [a{n}]}}\n"
        ),
    ),
    "long paths of diagnostics": lambda: _filled(
        " " * 60 + "a%d: &x b\n", _MIB, head="".join(" " * level + "k" * 60 + ":\n" for level in range(60))
    ),
    "a queue of 32,000 characters, wrong for 20,000 jobs": lambda: _jobs(
        20_000,
        lambda n: f"  - {{name: j{n}, command: [x], timeout_s: {60 + n}}}\n",
        f'schema: kedro-batch/plan/v1\ndefaults: {{job_queue: "{"é" * 32_000}", job_definition: d}}\n',
    ),
    "a command of 30,000 characters for 500 jobs": lambda: _jobs(
        500, lambda n: f"  - {{name: j{n}, command: [{'x' * 30_000}]}}\n"
    ),
    "17 MiB": lambda: _filled("#", 17 * _MIB),
}

_JOBS_TO_CHECK = 4000

PADDED: Mapping[str, Callable[[bytes], bytes]] = {
    "a comment above every job": lambda plan: plan.replace(b"  - name:", b"  # a note\n  - name:"),
    "newlines at the end": lambda plan: plan + b"\n" * (_MOST - len(plan)),
    "newlines at the beginning": lambda plan: b"\n" * (_MOST - len(plan)) + plan,
    "newlines of Windows at the end": lambda plan: plan + b"\r\n" * ((_MOST - len(plan)) // 2),
    "spaces at the end": lambda plan: plan + b" " * (_MOST - len(plan) - 1) + b"\n",
    "comments at the end": lambda plan: plan + b"#\n" * ((_MOST - len(plan)) // 2),
    "one long comment": lambda plan: plan + b"#" * (_MOST - len(plan)),
    "one wide letter in a long comment": lambda plan: plan + "#😀".encode() + b"x" * (_MOST - len(plan) - 5),
}
"""Plans that mean the same as the compiled one."""


def _write(name: str, file: Path) -> None:
    file.write_bytes(HOSTILE[name]())


def _write_padded(name: str, compiled: Path, file: Path) -> None:
    file.write_bytes(PADDED[name](compiled.read_bytes()))


def made_apart(write: Callable[..., None], *arguments: object) -> None:
    """Write a file in a process of its own: the memory of a measured one counts from that of this one, its parent."""
    writer = multiprocessing.get_context("spawn").Process(target=write, args=arguments)
    writer.start()
    writer.join()


def _told(what: str, file: Path, *words: str, codes: tuple[int, ...]) -> bool:
    """Measure a command that reads a file, print what it takes, and return whether that is too much."""
    size = file.stat().st_size / _MIB
    one = measured_however_it_ends([str(BIN / "kedro-batch"), *words, file.name], file.parent)
    harm = one.megabytes > MEGABYTES_AT_MOST or one.seconds > SECONDS_AT_MOST or one.code not in codes
    told = one.output[:250].replace("\n", " ")
    sys.stdout.write(
        f"{'BAD ' if harm else ''}{what} ({size:.1f} MiB): "
        f"{one.seconds:.1f} s, {one.megabytes:.0f} MB, code {one.code}\n    {told}\n"
    )
    sys.stdout.flush()
    return harm or "Traceback" in one.output


def main() -> None:
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan.yaml"
        for name in (one for one in HOSTILE if word in one):
            made_apart(_write, name, file)
            bad += _told(name, file, "validate", codes=(0, 2, 4))
        padded = [one for one in PADDED if word in one]
        if padded:
            project = write_large_project(Path(folder) / "project", CHAIN.replace("10_000", str(_JOBS_TO_CHECK)))
            compiled, file = project / "compiled.yaml", project / "plan.yaml"
            compile_ = [str(BIN / "kedro-batch"), "compile", "-q", "-o", compiled.name]
            subprocess.run(compile_, cwd=project, env=environment(), check=True)
        for name in padded:
            made_apart(_write_padded, name, compiled, file)
            bad += _told(f"compile --check, {name}", file, "compile", "--check", codes=(3,))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()

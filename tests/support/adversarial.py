"""Writes Kedro projects of the shapes that break tools: large, unnamed, nested, versioned, oddly named.

Most of them are lists of steps, from which the project itself makes its nodes. Every node writes a digest of its
output's name and of all its inputs, in order; in the nested namespaces, where a parameter differs, of its inputs alone.
So a dataset that is lost, old or mixed up with another changes every result after it. The raw data is written as well,
so that each project can run.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.support.projects import write_project


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A node of a project.

    Attributes:
        name: Its name; None for a node that Kedro has to name.
        reads: Its inputs, transcoded names and parameters included.
        writes: Its outputs; a step without any writes its digest to a file of its own.
        tags: Its tags.
        namespace: Its namespace, which renames no dataset.
        function: The name of its function; empty for a lambda.
        partial: Its function is a ``functools.partial``.
        parts: It writes a dictionary of parts for a PartitionedDataset.
    """

    name: str | None
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    tags: tuple[str, ...] = ()
    namespace: str | None = None
    function: str = "digest"
    partial: bool = False
    parts: bool = False

    @property
    def full_name(self) -> str | None:
        return f"{self.namespace}.{self.name}" if self.namespace and self.name else self.name


Pipelines = Mapping[str, Sequence[Step]]

_REGISTRY = """
import functools
import hashlib
import json
from pathlib import Path

from kedro.pipeline import Pipeline, node

from a_project.steps import PIPELINES


def load(part):
    return part()  # a part of a PartitionedDataset is a function that loads it


def digest(*of):
    return hashlib.sha256(json.dumps(of, sort_keys=True, default=load).encode()).hexdigest()


def work(step):
    def compute(*inputs):
        if step["parts"]:
            return {part: digest(part, step["writes"], inputs) for part in ("left", "right")}
        if not step["writes"]:
            Path("data", step["name"]).write_text(digest(inputs))
            return None
        outputs = [digest(name, inputs) for name in step["writes"]]
        return outputs if len(outputs) > 1 else outputs[0]

    if step["partial"]:
        return functools.partial(compute)
    compute.__name__ = step["function"] or "<lambda>"
    return compute


def make_node(step):
    writes = step["writes"]
    return node(
        work(step),
        list(step["reads"]) or None,
        list(writes) if len(writes) > 1 else writes[0] if writes else None,
        name=step["name"],
        tags=step["tags"],
        namespace=step["namespace"],
    )


def register_pipelines():
    return {name: Pipeline([make_node(step) for step in steps]) for name, steps in PIPELINES.items()}
"""


def write_steps(
    root: Path, pipelines: Pipelines, *, catalog: str, conf: Mapping[str, str] | None = None, **files: str
) -> Path:
    """Write a project with these steps as its pipelines.

    Args:
        root: Its folder.
        pipelines: The steps of every registered pipeline.
        catalog: The catalog of the base environment.
        conf: Further files below ``conf/``.
        files: Further modules of the package.
    """
    plain = {name: [asdict(step) for step in steps] for name, steps in pipelines.items()}
    return write_project(
        root,
        registry=_REGISTRY,
        conf={"base/catalog.yml": catalog, **(conf or {})},
        steps=f"PIPELINES = {plain!r}\n",
        **files,
    )


def write_raw(root: Path, *names: str) -> None:
    """Write ``data/raw/NAME.json`` for each name."""
    folder = root / "data" / "raw"
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / f"{name}.json").write_text(json.dumps(f"the raw data of {name}"))


def json_entry(name: str, file: str | None = None, **more: str) -> str:
    """Return a catalog entry of a JSON file below ``data/``."""
    lines = [json.dumps(name) + ":", "  type: json.JSONDataset", f"  filepath: data/{file or name}.json"]
    return "\n".join([*lines, *(f"  {key}: {value}" for key, value in more.items())]) + "\n"


RAW = json_entry("raw_{table}", "raw/raw_{table}")


# A large project

STAGES = 30
STEPS = 26
TRANSCODED_STAGES = 10
LEAVES = (24, 25)
COLLECTED = 54
_PLAIN = ((9, 21), (9, 23))


def large() -> Pipelines:
    """Return 781 steps in 30 pipelines. One of them reads the outputs of 54 others, which no other step reads.

    The stages are numbered without leading zeros: before 1.0, Kedro takes ``stage_10`` for a part of ``stage_1``.
    """
    stages = {f"stage_{stage}": [_large_step(stage, step) for step in range(STEPS)] for stage in range(STAGES)}
    leaves = [_large_dataset(stage, step) for stage in range(STAGES) for step in LEAVES][:COLLECTED]
    collect = Step(name="collect", reads=tuple(leaves), writes=("summary",))
    stages[f"stage_{STAGES - 1}"].append(collect)
    return {**stages, "__default__": [step for steps in stages.values() for step in steps]}


def _large_dataset(stage: int, step: int) -> str:
    return f"{'table' if _transcoded(stage, step) else 'figure'}_{stage}_{step}"


def _transcoded(stage: int, step: int) -> bool:
    """True for the 118 datasets that have two names, one of them three: 237 names."""
    return stage < TRANSCODED_STAGES and step < LEAVES[0] and step % 2 == 1 and (stage, step) not in _PLAIN


def _large_step(stage: int, step: int) -> Step:
    if step == 0:
        above = [(stage - back, 10) for back in (3, 7) if stage >= back]
    else:
        above = [(stage, one) for one in {max(0, step - 2), step // 3}]
    reads = [f"raw_{stage % 6}"] if not above else []
    for one in sorted(above):
        how = "again" if (stage, step) == (0, 3) else "text"
        reads.append(f"{_large_dataset(*one)}@{how}" if _transcoded(*one) else _large_dataset(*one))
    written = _large_dataset(stage, step)
    return Step(
        name=f"calculate_figure_{step}_from_all_that_was_read_in_stage_{stage}",
        reads=(*reads, "params:factor"),
        writes=(written + "@json" if _transcoded(stage, step) else written,),
        tags=(f"step_{step % 5}",),
        namespace=f"stage_{stage}",
    )


def large_catalog() -> str:
    """Return a catalog of 51 dataset factories; the last one would keep everything in memory."""
    patterns = [json_entry(f"figure_{stage}_{{step}}", f"figures/{stage}/{{step}}") for stage in range(STAGES)]
    for stage in range(TRANSCODED_STAGES):
        file = f"tables/{stage}/{{step}}"
        patterns.append(json_entry(f"table_{stage}_{{step}}@json", file))
        patterns.append(json_entry(f"table_{stage}_{{step}}@text", file).replace("json.JSON", "text.Text"))
    patterns.append('"{anything}":\n  type: MemoryDataset\n')
    named = [json_entry("summary"), json_entry("table_0_1@again", "tables/0/1").replace("json.JSON", "text.Text")]
    return "".join([*patterns, *named, *(json_entry(f"raw_{n}", f"raw/raw_{n}") for n in range(6))])


def write_large(root: Path) -> Path:
    project = write_steps(root, large(), catalog=large_catalog(), conf={"base/parameters.yml": "factor: 3\n"})
    write_raw(project, *(f"raw_{number}" for number in range(6)))
    return project


# Nodes without names

UNNAMED = 32
_LONG = "calculate_the_mean_and_the_median_and_the_standard_deviation_of_every_column_of_the_table_for_each_of_the_"


def unnamed() -> Pipelines:
    """Return 32 steps without names. The names of most of their functions differ only after 128 characters."""
    steps = []
    for number in range(UNNAMED):
        above = [_result(one) for one in sorted({(number - 1) // 2, number // 3}) if 0 <= one < number]
        reads = (*(above or ["raw_table"]), *(["params:factor"] if number % 5 == 0 else []))
        writes = (_result(number), f"{_result(number)}_as_well") if number % 7 == 0 else (_result(number),)
        function = f"{_LONG}customers_that_are_in_the_group_with_number_{number % 3}"
        if number in (9, 10, 11):  # three nodes of one nameless function
            function = ""
        steps.append(Step(name=None, reads=reads, writes=writes, function=function, partial=number in (20, 21)))
    return {"__default__": steps}


def _result(number: int) -> str:
    return f"result_{number:02d}_of_the_calculation_for_each_of_the_customers"


def write_unnamed(root: Path) -> Path:
    catalog = RAW + json_entry("{anything}", "{anything}")
    project = write_steps(root, unnamed(), catalog=catalog, conf={"base/parameters.yml": "factor: 2\n"})
    write_raw(project, "raw_table")
    return project


# Nested namespaces

_NESTED = """
import hashlib
import json

from kedro.pipeline import Pipeline, node, pipeline


def digest(*of):
    return hashlib.sha256(json.dumps(of, sort_keys=True).encode()).hexdigest()


def inner():
    return Pipeline(
        [
            node(digest, ["table", "params:factor"], "clean", name="clean"),
            node(digest, "clean", "model", name="fit"),
        ]
    )


def register_pipelines():
    deep = pipeline(inner(), namespace="deep", inputs={"table": "table"})
    first = pipeline(inner() + deep, namespace="first", inputs={"table": "table"})
    second = pipeline(inner(), namespace="second", inputs={"table": "approved"})
    last = node(digest, ["second.model", "first.deep.model"], "report", name="report")
    outer = pipeline(
        first + second + Pipeline([last]),
        namespace="outer",
        inputs={"table": "raw_table", "approved": "approved"},
        outputs={"report": "report"},
    )
    alike = pipeline(inner(), namespace="outer_space", inputs={"table": "raw_table"})
    between = node(digest, ["outer.first.model", "outer_space.model"], "approved", name="approve")
    return {"__default__": outer + alike + Pipeline([between])}
"""
NESTED_NODES = (
    "outer.first.clean",
    "outer.first.fit",
    "outer.first.deep.clean",
    "outer.first.deep.fit",
    "outer.second.clean",
    "outer.second.fit",
    "outer.report",
    "outer_space.clean",
    "outer_space.fit",
    "approve",
)


def write_nested(root: Path, **conf: str) -> Path:
    """Write pipelines inside pipelines, and a node outside that stands between two namespaces of one of them."""
    parameters = """
        outer:
          first: {factor: 5, deep: {factor: 6}}
          second: {factor: 7}
        outer_space: {factor: 8}
        """
    content = {
        "base/catalog.yml": RAW + json_entry("{anything}", "{anything}"),
        "base/parameters.yml": parameters,
        **{f"base/{name}.yml": text for name, text in conf.items()},
    }
    project = write_project(root, registry=_NESTED, conf=content)
    write_raw(project, "raw_table")
    return project


# Versions

VERSIONED = 40
OLD, NEWER = "2020-01-01T00.00.00.000Z", "2021-06-15T12.30.00.000Z"


def versioned() -> Pipelines:
    """Return 38 steps in eight parts that write and read 40 versioned datasets, two of them raw."""
    steps = []
    for number in range(2, VERSIONED):
        reads = tuple(f"versioned_{one}" for one in sorted({number - 2, (number * 3) // 4 - 1}))
        steps.append(
            Step(
                name=f"step_{number}",
                reads=reads,
                writes=(f"versioned_{number}",),
                tags=(f"part.{(number - 2) // 5}",),
            )
        )
    return {"__default__": steps}


def write_versioned(root: Path) -> Path:
    """Write the project and an old version of each dataset, and a newer version of the raw ones."""
    catalog = json_entry("versioned_{number}", versioned="true")
    project = write_steps(root, versioned(), catalog=catalog)
    for number in range(VERSIONED):
        for version in (OLD, NEWER) if number < 2 else (OLD,):
            write_version(project, f"versioned_{number}", version)
    return project


def write_version(root: Path, name: str, version: str) -> None:
    folder = root / "data" / f"{name}.json" / version
    folder.mkdir(parents=True)
    (folder / f"{name}.json").write_text(json.dumps(f"{name} of {version}"))


# Pipelines outside of the default one

HOMES = tuple(f"{number:02d}_{kind}" for number, kind in enumerate(["ingest", "clean", "train", "report"] * 4))


def outside() -> Pipelines:
    """Return 16 pipelines, each with a node of its own and one shared with the next, and a default without them."""
    steps = [
        Step(
            name=f"node_{number}",
            reads=tuple(f"made_{one}" for one in sorted({number - 4, number // 2}) if 0 <= one < number)
            if number
            else ("raw_table",),
            writes=(f"made_{number}",),
            tags=(f"part.{number // 2}",),
        )
        for number in range(2 * len(HOMES))
    ]
    homes = {home: steps[2 * index : 2 * index + 3] for index, home in enumerate(HOMES)}
    return {"__default__": [Step(name="alone", reads=("raw_table",), writes=("lonely",))], **homes}


def write_outside(root: Path) -> Path:
    project = write_steps(root, outside(), catalog=RAW + json_entry("{anything}", "{anything}"))
    write_raw(project, "raw_table")
    return project


# Datasets in memory and others that are not files

_DATASETS = """
import json
from pathlib import Path

from kedro.io import AbstractDataset


class Sealed(AbstractDataset):
    # Writes text with a seal, and needs the same seal to read it.
    def __init__(self, filepath, credentials=None):
        self._file = Path(filepath)
        self._seal = (credentials or {}).get("seal", "no seal")

    def _load(self):
        seal, text = json.loads(self._file.read_text())
        if seal != self._seal:
            raise ValueError("another seal")
        return [seal, text]

    def _save(self, data):
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps([self._seal, data]))

    def _describe(self):
        return {"file": str(self._file)}
"""

IN_MEMORY = ("unknown", "declared", "wrapped")


def handed_over() -> Pipelines:
    """Return steps that share data in memory and in files, with one between two that share memory."""
    steps = [
        Step(name="split", reads=("raw_table",), writes=("unknown", "aside")),
        Step(name="beside", reads=("aside",), writes=("back",)),
        Step(name="unite", reads=("unknown", "back"), writes=("declared", "cached")),
        Step(name="use", reads=("declared",), writes=("wrapped",)),
        Step(name="end", reads=("wrapped", "cached"), writes=("ended", "lost")),
        Step(name="part", reads=("cached",), writes=("parts",), parts=True),
        Step(name="gather", reads=("parts", "ended"), writes=("sealed",)),
        Step(name="from_nothing", reads=(), writes=("begun",)),
        Step(name="open", reads=("sealed", "cached", "begun"), writes=("opened",)),
        Step(name="to_nothing", reads=("opened",), writes=()),
    ]
    return {"__default__": steps}


def write_handed_over(root: Path) -> Path:
    stored = "".join(json_entry(name) for name in ("aside", "back", "ended", "begun", "opened"))
    catalog = f"""{RAW}{stored}
declared:
  type: MemoryDataset
wrapped:
  type: CachedDataset
  dataset:
    type: kedro.io.MemoryDataset
    copy_mode: assign
cached:
  type: CachedDataset
  dataset:
    type: json.JSONDataset
    filepath: data/cached.json
parts:
  type: partitions.PartitionedDataset
  path: data/parts
  dataset: json.JSONDataset
  filename_suffix: .json
sealed:
  type: a_project.datasets.Sealed
  filepath: data/sealed.json
"""
    project = write_steps(root, handed_over(), catalog=catalog, datasets=_DATASETS)
    write_raw(project, "raw_table")
    return project


# A catalog that depends on environment, globals, parameters and credentials


def configured() -> Pipelines:
    steps = [
        Step(name="first", reads=("raw_table", "params:factor"), writes=("one",)),
        Step(name="second", reads=("one", "params:nested.factor"), writes=("sealed",)),
        Step(name="third", reads=("sealed", "one"), writes=("caught",)),
        Step(name="fourth", reads=("caught", "parameters"), writes=("result",)),
    ]
    return {"__default__": steps}


def write_configured(root: Path) -> Path:
    """Write a project that can run on AWS Batch only with its environment ``prod`` and a parameter."""
    conf = {
        "base/globals.yml": "stage: dev\n",
        "prod/globals.yml": "stage: prod\n",
        "base/parameters.yml": "factor: 1\nnested: {factor: 2}\n",
        "prod/parameters.yml": "factor: 10\n",
        "prod/catalog.yml": json_entry("one", "${globals:stage}/number_one"),
    }
    catalog = f"""{RAW}
"{{any_name}}":
  type: json.JSONDataset
  filepath: "${{runtime_params:root, scratch}}/${{globals:stage}}/{{any_name}}.json"
one:
  type: MemoryDataset
sealed:
  type: a_project.datasets.Sealed
  filepath: data/${{globals:stage}}/sealed.json
  credentials: the_seal
"""
    project = write_steps(root, configured(), catalog=catalog, conf=conf, datasets=_DATASETS)
    write_raw(project, "raw_table")
    return project


# Odd names

ODD_NODES = (
    "plain",
    "Plain",
    "PLAIN",
    "a.b",
    "a_b",
    "a-b",
    "A.B",
    "a..b",
    "Größe",
    "数据",
    "清洗",
    "données.été",
    "--nodes",
    "-",
    "...",
    "_",
    "no",
    "1e3",
    "012",
    "null",
    "n" * 300,
    "n" * 299 + "m",
    "N" * 300,
    "ж" * 300,
    "plain-" + "0" * 8,
)
ODD_DATASETS = (
    "Table",
    "table",
    "TABLE",
    "ta.ble",
    "ta-ble",
    "ta ble",
    "a,b",
    "x: y",
    "# z",
    "no",
    "größe",
    "数据",
    '"',
    "'",
)


def odd() -> Pipelines:
    """Return steps with names that differ in case and punctuation, are long, or have a meaning in YAML or a shell."""
    written = [*ODD_DATASETS, *(f"dataset {number}" for number in range(len(ODD_NODES) - len(ODD_DATASETS)))]
    steps = []
    for number, name in enumerate(ODD_NODES):
        reads = sorted({written[one] for one in (number - 5, number - 7) if one >= 0})
        steps.append(
            Step(
                name=name,
                reads=tuple(reads) or ("raw_table",),
                writes=(written[number],),
                tags=(f"part.{number // 5}",),
            )
        )
    namespaced = Step(name="b", reads=("größe",), writes=("last",), namespace="Größe.a", tags=("part.5",))
    return {"__default__": [*steps, namespaced]}


def write_odd(root: Path) -> Path:
    names = [name for step in odd()["__default__"] for name in step.writes]
    catalog = RAW + "".join(json_entry(name, f"file_{number}") for number, name in enumerate(names))
    project = write_steps(root, odd(), catalog=catalog)
    write_raw(project, "raw_table")
    return project


# For all of them


def edges(steps: Sequence[Step]) -> Iterator[tuple[Step, Step, str]]:
    """Yield a writer and a reader of each dataset, and its name."""
    readers: defaultdict[str, list[Step]] = defaultdict(list)
    for step in steps:
        for name in step.reads:
            readers[name.partition("@")[0]].append(step)
    for step in steps:
        for name in step.writes:
            for reader in readers[name.partition("@")[0]]:
                yield step, reader, name

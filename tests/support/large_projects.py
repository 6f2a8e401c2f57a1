"""Writes Kedro projects of up to 10,000 nodes, to measure how time and memory grow."""

from collections.abc import Mapping
from pathlib import Path

from tests.support.projects import TARGET, write_project

_HEAD = """
import random

from kedro.pipeline import Pipeline, node


def run(*_):
    return 1

"""

CHAIN = (
    _HEAD
    + """
def register_pipelines():
    nodes = [node(run, f"d{n}" if n else None, f"d{n + 1}", name=f"n{n:05}") for n in range(10_000)]
    return {"__default__": Pipeline(nodes)}
"""
)

FAN = (
    _HEAD
    + """
def register_pipelines():
    nodes = [node(run, None, f"d{n}", name=f"n{n:05}") for n in range(10_000)]
    last = node(run, [f"d{n}" for n in range(10_000)], "all", name="gather")
    return {"__default__": Pipeline([*nodes, last])}
"""
)

LAYERED = (
    _HEAD
    + """
def register_pipelines():
    # 50 layers of 200 nodes; 25,000 edges between neighbouring layers
    chance = random.Random(1)
    nodes = []
    for layer in range(50):
        for n in range(200):
            count = 2 + (n % 2) + (n % 20 == 0)
            inputs = [f"d{layer - 1}_{one}" for one in chance.sample(range(200), count)] if layer else None
            nodes.append(node(run, inputs, f"d{layer}_{n}", name=f"n{layer:02}_{n:03}"))
    return {"__default__": Pipeline(nodes)}
"""
)

MANY_PIPELINES = (
    _HEAD
    + """
def register_pipelines():
    # 800 nodes in 30 pipelines; 237 datasets are written under one name and read under another
    pipelines, transcoded = {}, 0
    for number in range(30):
        nodes = []
        for n in range(27 if number < 20 else 26):
            name = f"p{number}_d{n}"
            before = nodes[-1].outputs[0].replace("@spark", "@pandas") if nodes else "raw"
            spark = transcoded < 237 and n % 3 != 2
            transcoded += spark
            inputs = sorted({before, f"p{number - 1}_d2" if number and n == 9 else before})
            nodes.append(node(run, inputs, f"{name}@spark" if spark else name, name=f"step_{number}_{n}"))
        pipelines[f"pipeline_{number}"] = Pipeline(nodes)
    pipelines["__default__"] = sum(pipelines.values())
    return pipelines
"""
)

_FACTORIES = "".join(
    f'"p{number}_{{name}}{ending}": {{type: json.JSONDataset, filepath: "s3://bucket/{number}/{{name}}.json"}}\n'
    for number in range(30)
    for ending in ("", "@spark")
)
_CATCH_ALL = '"{any}": {type: json.JSONDataset, filepath: "s3://bucket/{any}.json"}\n'


def write_large_project(root: Path, registry: str) -> Path:
    """Write one of the projects above, with all datasets on S3."""
    catalog = (_FACTORIES if registry is MANY_PIPELINES else "") + _CATCH_ALL
    return write_project(root, registry=registry, conf={"base/aws_batch.yml": TARGET, "base/catalog.yml": catalog})


LARGE: Mapping[str, str] = {
    "a chain of 10,000": CHAIN,
    "a fan of 10,000 into one": FAN,
    "10,000 in layers, 25,000 edges": LAYERED,
    "800 in 30 pipelines, 237 transcoded": MANY_PIPELINES,
}

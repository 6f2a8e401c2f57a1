"""Draws random pipelines: with namespaces, tags, transcoding, datasets in memory, and unnamed nodes."""

from hypothesis import strategies as st

from kedro_batch.compiler.nodes import ProjectNode

TAGS = ("job_a", "job_b", "other")
NAMESPACES = (None, "a", "a.b", "a.b.c", "ab", "b")
GROUPINGS = (
    (),
    ("namespace",),
    ("namespace:2",),
    ("tag:job_",),
    ("memory",),
    ("chain",),
    ("namespace", "memory"),
    ("tag:job_", "chain", "memory"),
    ("chain", "memory"),
)


@st.composite
def pipelines(draw, most=9) -> list[ProjectNode]:
    """Draw the nodes of a pipeline.

    Datasets with names that begin with ``m`` are in memory. Those with names that end with ``t`` are transcoded:
    written under one name and read under another.
    """
    count = draw(st.integers(1, most))
    nodes: list[ProjectNode] = []
    written: list[str] = []
    for index in range(count):
        namespace = draw(st.sampled_from(NAMESPACES))
        label = draw(st.sampled_from(["load", "Load", "train-x", "größe", "x.y", "long" * 30])) + f"_{index}"
        outputs = []
        for number in range(draw(st.integers(1, 2))):
            dataset = draw(st.sampled_from(["d", "m", "ns.d"])) + f"_{index}_{number}" + draw(st.sampled_from("dt"))
            written.append(dataset)
            outputs.append(f"{dataset}@spark" if dataset.endswith("t") else dataset)
        read = draw(st.sets(st.sampled_from([*written[: -len(outputs)], "raw"]), max_size=4))
        inputs = sorted(f"{name}@pandas" if name.endswith("t") else name for name in read)
        parameters = draw(st.sampled_from([(), ("params:x",), ("parameters",)]))
        nodes.append(
            ProjectNode(
                name=label if namespace is None else f"{namespace}.{label}",
                inputs=(*inputs, *parameters),
                outputs=tuple(outputs),
                tags=draw(st.frozensets(st.sampled_from(TAGS[1:] if index % 2 else TAGS[::2]))),
                namespace=namespace,
                named=draw(st.booleans()),
            )
        )
    return sorted(nodes, key=lambda node: node.name)

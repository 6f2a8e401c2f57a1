import pytest

from tests.compiler.compilations import CATALOG, compile_nodes, parse_node

TODAY = {"type": "json.JSONDataset", "filepath": "s3://b/events/2026-11-28.json"}
ALL = {"type": "partitions.PartitionedDataset", "path": "s3://b/events/", "dataset": "json.JSONDataset"}
APART = [parse_node("d_in -> today", "write"), parse_node("all -> d_total", "read")]
ORDERED = [parse_node("d_in -> today d_done", "write"), parse_node("all d_done -> d_total", "read")]
READER_FIRST = [parse_node("all -> d_total", "read"), parse_node("d_total -> today", "write")]
TWO_WRITERS = [parse_node("d_in -> today", "write"), parse_node("d_in -> all", "write_all")]


def compiled(nodes, today=TODAY, other=ALL, settings=None):
    return compile_nodes(nodes, settings, catalog={**CATALOG, "today": today, "all": other})


def shared(*given, **how):
    return [
        (one.source, one.about["dataset"]) for one in compiled(*given, **how).diagnostics if one.code == "shared_place"
    ]


SERVER = {"backend": "postgres", "host": "a_host"}


def file(path, **more):
    return {"type": "json.JSONDataset", "filepath": path, **more}


def test_jobs_that_meet_in_a_place_and_wait_for_nothing_are_a_warning():
    (one,) = compiled(APART).diagnostics
    assert (one.severity, one.code, one.source) == ("warning", "shared_place", "today")
    assert one.message.startswith(
        "write writes it to s3://b/events/2026-11-28.json, and read reads all, which is inside of it or around it. "
    )


@pytest.mark.parametrize(
    ("nodes", "reads"),
    [(ORDERED, ("all", "d_done", "today")), (APART, ("all", "today")), (READER_FIRST, ("all",))],
)
def test_who_reads_a_place_reads_what_others_write_there(nodes, reads):
    job = next(job for job in compiled(nodes).plan.jobs if job.name == "read")
    assert job.reads == reads


@pytest.mark.parametrize("nodes", [ORDERED, READER_FIRST])
def test_jobs_in_order_are_fine(nodes):
    assert shared(nodes) == []


VERSIONED = file("s3://b/x.json", versioned=True)


@pytest.mark.parametrize(("first", "second"), [("today", "all"), ("all", "today")])
def test_two_jobs_in_order_cannot_both_save_the_version_of_their_run_in_one_place(first, second):
    nodes = [parse_node(f"d_in -> {first}", "make"), parse_node(f"{first} -> {second}", "change")]
    (one,) = (one for one in compiled(nodes, VERSIONED, VERSIONED).diagnostics if one.code == "shared_place")
    assert (one.severity, one.source) == ("warning", first)
    assert "make writes it to s3://b/x.json, and change writes " in one.message
    assert "Both are versioned, all jobs of a run save under one version" in one.message


@pytest.mark.parametrize("versioned", [[True, False], [False, True], [False, False]])
def test_without_versions_they_can(versioned):
    nodes = [parse_node("d_in -> today", "make"), parse_node("today -> all", "change")]
    assert shared(nodes, *(file("s3://b/x.json", versioned=one) for one in versioned)) == []


def test_one_job_keeps_its_order():
    nodes = [parse_node("d_in -> today", "write", tags="x"), parse_node("all -> d_total", "read", tags="x")]
    assert shared(nodes, settings={"group_by": "tag:x"}) == []


def test_two_writers_of_one_place_are_one_warning():
    assert len(shared(TWO_WRITERS)) == 1
    assert len(shared(TWO_WRITERS, TODAY, TODAY)) == 1


@pytest.mark.parametrize("nodes", [APART, ORDERED])
def test_a_disk_of_one_container_is_shared_with_no_other_job(nodes):
    local, folder = file("data/events/x.json"), {**ALL, "path": "data/events"}
    settings = {"image_paths": ["data"], "accept": ["shared_place"]}
    found = compiled(nodes, local, folder, settings).diagnostics
    assert [(one.code, one.source) for one in found if one.severity == "warning"] == [("local_boundary", "today")]
    assert {"today:", "all:"} <= set(found[0].remedy.splitlines())


def test_what_is_overwritten_is_not_read():
    nodes = [parse_node(f"d_{n} -> v{n} d_{n + 1}", f"n{n}") for n in range(3)]
    nodes.append(parse_node("d_3 latest -> d_out", "report"))
    catalog = CATALOG | {name: file("s3://b/x.csv") for name in ("v0", "v1", "v2", "latest")}
    found = compile_nodes(nodes, catalog=catalog)
    (report,) = (job for job in found.plan.jobs if job.name == "report")
    assert report.reads == ("d_3", "latest", "v2")


def test_no_message_shows_a_password():
    secret = file("sftp://me:hunter2@h/x")
    assert "hunter2" not in str([compiled(APART, secret, secret).diagnostics])


def test_two_readers_of_one_place_are_fine():
    assert shared([parse_node("today -> d_a", "a"), parse_node("all -> d_b", "b")]) == []


def table(name, **more):
    return {"type": "pandas.SQLTableDataset", "table_name": name, "credentials": "db", **more}


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        (file("s3://b/x"), file("s3a://b/./x"), True),
        (file("s3://b/x"), file("s3://c/x"), False),
        (file("s3://b/x"), file("s3://b/xy"), False),
        (file("s3://b/x/y/z"), file("s3://b/x"), True),
        (file("data/x"), file("file://data/x"), True),
        (file("s3://b/x/1.csv"), {**ALL, "path": "s3://b/x", "filename_suffix": ".json"}, False),
        (file("s3://b/x/1.json"), {**ALL, "path": "s3://b/x", "filename_suffix": ".json"}, True),
        (file("s3://b/x/1.json"), file("s3://b/x/*.json"), True),
        (file("s3://b/x/1.json"), {"type": "CachedDataset", "dataset": file("s3://b/x/1.json")}, True),
        (file("s3://b/x", credentials="one"), file("s3://b/x", credentials="two"), False),
        (file("s3://b/x", credentials="one"), file("s3://b/x", credentials="one"), True),
        (file("sftp://me:pw@h/x"), file("sftp://you:pw@h/x"), True),
        (file("https://h/x.csv?sig=1"), file("https://h/x.csv?sig=2"), True),
        (file("s3://b/x/y/1.json"), {**ALL, "path": "s3://b/x", "load_args": {"maxdepth": 1}}, False),
        (file("s3://b/x/1.json"), {**ALL, "path": "s3://b/x", "load_args": {"maxdepth": 1}}, True),
        (file("s3://b/x/1.json"), {**ALL, "path": "s3://b/x", "load_args": {"maxdepth": "deep"}}, True),
        (file("gs://b/x"), file("gcs://b/x"), True),
        (file("abfs://b/x"), file("abfss://b/x"), True),
        (file("s3://b/x/out_2.pq"), file("s3://b/x/in_*.pq"), False),
        (file("s3://b/x/in_2.pq"), file("s3://b/x/in_*.pq"), True),
        (file("s3://b/x/in_2/part"), file("s3://b/x/in_*/*"), True),
        (
            {**ALL, "path": "s3://b/x", "filename_suffix": "_a.json"},
            {**ALL, "path": "s3://b/x", "filename_suffix": "_b.json"},
            False,
        ),
        (table("t"), table("t"), True),
        (table("t", save_args={"schema": "clean"}), table("t", load_args={"schema": "raw"}), False),
        (table("t", save_args={"schema": "raw"}), table("t", load_args={"schema": "raw"}), True),
        (table("t", url="jdbc:x://h1"), table("t", url="jdbc:x://h2"), False),
        (table("t", connection=SERVER), table("t", connection=dict(reversed(SERVER.items()))), True),
        (table("t"), table("t", credentials="other_db"), False),
        ({"type": "MemoryDataset"}, {"type": "MemoryDataset"}, False),
    ],
)
def test_places_are_compared_as_they_are_stored(one, other, meet):
    assert bool(shared(APART, one, other)) == meet


def test_what_is_declared_is_stored_somewhere_all_the_same():
    assert len(shared(APART, settings={"datasets": {"*": "shared"}})) == 1


def test_a_name_that_is_transcoded_is_one_dataset():
    catalog = {**CATALOG, "t@one": file("s3://b/t"), "t@two": file("s3://b/t")}
    nodes = [parse_node("d_in -> t@one", "write"), parse_node("t@two -> d_out", "read")]
    assert compile_nodes(nodes, catalog=catalog).diagnostics == ()


def test_thousands_of_names_for_one_place_take_no_thousands_of_thousands_of_steps():
    nodes = [parse_node(f"d_in -> x{number}", f"n{number}") for number in range(2000)]
    catalog = {**CATALOG, **{f"x{number}": file("s3://b/x") for number in range(2000)}}
    assert any(one.code == "shared_place" for one in compile_nodes(nodes, catalog=catalog).diagnostics)

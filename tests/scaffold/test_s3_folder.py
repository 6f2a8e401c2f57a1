import pytest

from kedro_batch.scaffold.s3_folder import read_s3_folder


@pytest.mark.parametrize(
    ("bucket", "prefix", "read"),
    [
        ("flights-data", None, ("flights-data", None)),
        ("a.b-c1", "x", ("a.b-c1", "x")),
        ("s3://flights-data", None, ("flights-data", None)),
        ("s3://flights-data/", None, ("flights-data", None)),
        ("s3://flights-data/team/flights/", None, ("flights-data", "team/flights")),
        ("flights-data/team", None, ("flights-data", "team")),
        (" flights-data ", "/team/flights/", ("flights-data", "team/flights")),
        ("s3://flights-data/team", "team/", ("flights-data", "team")),
        ("flights-data", "", ("flights-data", "")),
    ],
)
def test_a_bucket_and_its_folder_are_read_without_slashes_at_the_ends(bucket, prefix, read):
    assert read_s3_folder(bucket, prefix) == read


@pytest.mark.parametrize(
    ("bucket", "reason"),
    [
        ("", "the bucket is missing"),
        ("Flights", "small letters"),
        ("flights-data/a*", "letters, digits, slashes"),
        ("s3a://flights", "write s3://"),
        ("https://flights.s3.amazonaws.com", "write s3://BUCKET/PREFIX"),
        ("arn:aws:s3:::flights", "is not the name of a bucket"),
    ],
)
def test_what_is_no_bucket_is_refused_with_the_reason(bucket, reason):
    with pytest.raises(ValueError, match=reason):
        read_s3_folder(bucket)


@pytest.mark.parametrize("prefix", ["a//b", "a/../b", "..", "a b", "a*", "${x}", "ä", "x" * 600, 'a"b'])
def test_a_folder_that_a_policy_or_a_path_would_read_otherwise_is_refused(prefix):
    with pytest.raises(ValueError, match=r"prefix|folder"):
        read_s3_folder("flights-data", prefix)


def test_two_different_folders_are_refused():
    with pytest.raises(ValueError, match="two folders are named"):
        read_s3_folder("s3://flights-data/a", "b")

import re

import pytest

from kedro_batch.compiler.data.s3_folder import S3Folder, parse_s3_folder


@pytest.mark.parametrize(
    ("text", "bucket", "prefix"),
    [
        ("s3://flights", "flights", ""),
        ("s3://flights/", "flights", ""),
        ("s3://flights/a", "flights", "a"),
        ("s3://flights/a/b.c/", "flights", "a/b.c"),
        ("s3://123.flights-4/größe=1", "123.flights-4", "größe=1"),
        ("s3://my-access-point-ab12-s3alias/x", "my-access-point-ab12-s3alias", "x"),
    ],
)
def test_a_folder_is_read_with_and_without_a_prefix(text, bucket, prefix):
    assert parse_s3_folder(text) == S3Folder(bucket=bucket, prefix=prefix)
    assert str(parse_s3_folder(text)) == text.removesuffix("/")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "write s3://BUCKET/PREFIX"),
        ("my-bucket", "write s3://my-bucket"),
        ("flights/a", "write s3://flights/a"),
        ("/data/x", "write s3://data/x"),
        ("s3:/flights", "is not a URL"),
        ("s3a://flights", "write s3:// in place of s3a://"),
        ("http://flights/x", "'http' is not Amazon S3"),
        ("gs://flights", "'gs' is not Amazon S3"),
        ("file:///flights", "'file' is not Amazon S3"),
        ("S3://flights", "'S3' is not Amazon S3"),
        ("s3://", "the bucket is missing"),
        ("s3:///a", "the bucket is missing"),
        ("s3://<bucket>/x", "is to be filled in"),
        ("s3://BUCKET/PREFIX", "is to be filled in"),
        ("s3://ab", "3 to 63 characters: 'ab' has 2"),
        (f"s3://{'a' * 64}", "has 64"),
        ("s3://Flights", "small letters"),
        ("s3://my_flights", "small letters"),
        ("s3://-flights", "small letters"),
        ("s3://flights.", "small letters"),
        ("s3://flights:x", "small letters"),
        ("s3://key@flights", "small letters"),
        ("s3://fli..ghts", "two dots in a row"),
        ("s3://192.168.5.4", "look like an IP address"),
        ("s3://xn--flights", "only AWS may name a bucket"),
        ("s3://flights--x-s3", "only AWS may name a bucket"),
        (f"s3://flights/{'x' * 600}", "has 600 characters"),
        ("s3://flights//a", "has '' as a folder"),
        ("s3://flights/a//", "has '' as a folder"),
        ("s3://flights/../a", "has '..' as a folder"),
        ("s3://flights/{name}", "letters, digits, slashes"),
        ("s3://flights/a b", "letters, digits, slashes"),
        ("s3://flights/a?x=1", "letters, digits, slashes"),
        ("s3://flights/${x}", "letters, digits, slashes"),
        ("s3://flights/<folder>", "letters, digits, slashes"),
    ],
)
def test_what_is_no_folder_on_s3_is_refused_with_what_to_write(text, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        parse_s3_folder(text)


@pytest.mark.parametrize(
    ("prefix", "key", "url"),
    [("", "", "s3://b"), ("p", "", "s3://b/p"), ("", "x/y", "s3://b/x/y"), ("p/q", "x", "s3://b/p/q/x")],
)
def test_a_url_has_no_slash_too_many(prefix, key, url):
    assert S3Folder(bucket="b", prefix=prefix).url(key) == url

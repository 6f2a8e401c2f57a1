"""The choices of init without a terminal: what is typed counts, then what it was last time, then what git tells."""

import pytest

from kedro_batch.cli.init_choices import Given, find_choices
from kedro_batch.errors import UsageError
from kedro_batch.scaffold.choices import Choices
from kedro_batch.scaffold.git_remote import GitFacts

KNOWN = {
    "bucket": "old-data",
    "prefix": "old/flights",
    "create_bucket": True,
    "create_network": True,
    "platform": "ec2",
    "spot": True,
    "forge": "github",
    "repository": "team/old",
    "branch": "trunk",
}


def find(*, env="aws_batch", known=None, remote=None, head=None, needs_bucket=True, **options):
    return find_choices(
        Given(
            project="flights",
            env=env,
            options=options,
            known=known or {},
            git=GitFacts(remote=remote, branch=head),
            needs_bucket=needs_bucket,
        )
    )


def fields(choices: Choices, *names):
    return tuple(getattr(choices, name) for name in names)


def test_the_defaults_are_fargate_in_a_network_that_exists():
    found = find(bucket="flights-data")
    assert found == Choices(project="flights", bucket="flights-data", prefix="flights")


@pytest.mark.parametrize(
    ("options", "bucket", "prefix", "create"),
    [
        ({"bucket": "flights-data"}, "flights-data", "flights", False),
        ({"bucket": "s3://flights-data/a/b/"}, "flights-data", "a/b", False),
        ({"bucket": "flights-data", "prefix": "/a/"}, "flights-data", "a", False),
        ({"bucket": "flights-data", "prefix": ""}, "flights-data", "", False),
        ({"bucket": "flights-data", "create_bucket": True}, "flights-data", "flights", True),
    ],
)
def test_bucket_and_folder_are_those_that_are_typed(options, bucket, prefix, create):
    assert fields(find(**options), "bucket", "prefix", "create_bucket") == (bucket, prefix, create)


def test_two_environments_in_one_bucket_have_a_folder_each():
    assert find(bucket="flights-data", env="prod").prefix == "flights-prod"
    assert find(bucket="s3://flights-data/a", env="prod").prefix == "a"


def test_without_options_everything_is_as_last_time():
    found = find(known=KNOWN)
    assert fields(found, *KNOWN) == tuple(KNOWN.values())


@pytest.mark.parametrize(
    ("option", "value", "name", "found"),
    [
        ("bucket", "new-data", "bucket", "new-data"),
        ("bucket", "new-data", "create_bucket", False),  # that of last time was another one
        ("bucket", "old-data", "create_bucket", True),
        ("create_bucket", False, "create_bucket", False),
        ("prefix", "new", "prefix", "new"),
        ("create_network", False, "create_network", False),
        ("platform", "fargate", "platform", "fargate"),
        ("spot", False, "spot", False),
        ("repository", "team/new", "repository", "team/new"),
        ("repository", "git@github.com:team/new.git", "repository", "team/new"),
        ("branch", "main", "branch", "main"),
    ],
)
def test_what_is_typed_wins_over_last_time(option, value, name, found):
    assert getattr(find(known=KNOWN, **{option: value}), name) == found


def test_values_of_last_time_that_somebody_has_broken_do_not_count():
    broken = {"bucket": "flights-data", "spot": "yes", "platform": "moon", "forge": "x", "prefix": 3, "branch": None}
    assert find(known=broken) == Choices(project="flights", bucket="flights-data", prefix="flights")


def test_the_repository_is_that_of_the_remote():
    found = find(bucket="b-1", github=True, remote="https://github.com/team/flights.git", head="trunk")
    assert fields(found, "forge", "repository", "branch") == ("github", "team/flights", "trunk")
    found = find(bucket="b-1", gitlab=True, remote="git@gitlab.com:group/sub/flights.git")
    assert fields(found, "forge", "repository", "branch") == ("gitlab", "group/sub/flights", "main")


def test_another_forge_than_last_time_has_another_repository():
    found = find(known=KNOWN, gitlab=True, remote="git@gitlab.com:group/flights.git")
    assert found.repository == "group/flights"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "--bucket NAME --create-bucket"),
        ({"bucket": "Flights"}, "--bucket: 'Flights' is not the name of a bucket"),
        ({"bucket": "s3://flights-data/a", "prefix": "b"}, "two folders are named"),
        ({"bucket": "flights-data", "prefix": "a b"}, "the prefix 'a b' may have letters"),
        ({"known": {"bucket": "Old"}}, "the bucket in infrastructure.yml: 'Old' is not"),
        ({"known": KNOWN, "prefix": "a b"}, "--prefix: the prefix 'a b' may have letters"),
        ({"bucket": "b-1", "github": True, "gitlab": True}, "cannot go together"),
        ({"bucket": "b-1", "github": True}, "there is no git remote origin. Name it: --repository OWNER/NAME"),
        ({"bucket": "b-1", "github": True, "remote": "git@gitlab.com:a/b.git"}, "origin is not there. Name it"),
        ({"bucket": "b-1", "gitlab": True, "remote": "git@git.example.com:a/b.git"}, "--repository GROUP/NAME"),
        ({"bucket": "b-1", "github": True, "repository": "flights"}, "write OWNER/NAME"),
        ({"bucket": "b-1", "repository": "a/b"}, "--repository needs --github or --gitlab"),
        ({"bucket": "b-1", "branch": "main"}, "--branch needs --github or --gitlab"),
        ({"bucket": "b-1", "github": True, "repository": "a/b", "branch": "ma*"}, "not the name of a branch"),
    ],
)
def test_what_is_missing_or_wrong_is_refused_with_what_to_write(options, message):
    with pytest.raises(UsageError) as raised:
        find(**options)
    assert message in str(raised.value)
    assert str(raised.value).endswith("Nothing was written")


def test_no_bucket_is_needed_for_files_that_do_not_name_it():
    assert find(needs_bucket=False).bucket == ""

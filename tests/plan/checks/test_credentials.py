import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from kedro_batch.plan.checks.credentials import (
    check_credentials,
    credentials_in_command,
    credentials_in_params,
    looks_like_credential,
)

# Put together here, so that no scanner takes this file for a leak.
KEY_ID = "AKIA" + "IOSFODNN7EXAMPLQ"
GITHUB = "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789"
JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9Pl"


TABLE = [
    line.replace("\u00b7", "").replace("\u21b5", "\n").split("\t")
    for line in (Path(__file__).parent / "credentials.tsv").read_text("utf-8").splitlines()
    if not line.startswith("#")
]


def plan_with(place, name, value):
    """Return a plan file that has a value in one place."""
    job: dict[str, Any] = {"name": "a", "command": ["kedro", "run"]}
    plan: dict[str, Any] = {"jobs": [job]}
    match place:
        case "environment" | "tags":
            plan["defaults"] = {place: {name: value}}
        case "submit":
            job["submit"] = {"eksPropertiesOverride": {"env": [{"name": name, "value": value}]}}
        case "register":
            plan["job_definitions"] = {"d": {"register": {"environment": [{"name": name, "value": value}]}}}
        case "params":
            plan["params"] = {name: value}
        case "command":
            job["command"] = shlex.split(value)
    return plan


def found_in(place, name, value, **more):
    """Return how a value is found."""
    messages = {one.message for one in check_credentials(plan_with(place, name, value) | more)}
    ways = {way for way in ("form", "name") if any(f"by its {way}" in message for message in messages)}
    return "none" if not messages else " ".join(sorted(ways))


@pytest.mark.parametrize(("found", "place", "name", "value", "why"), TABLE)
def test_the_table_of_what_looks_like_a_credential_and_what_does_not(found, place, name, value, why):
    assert found_in(place, name, value) == found, why


ADVISED = re.compile(r"If it is none, write (not_secret: .*) into aws_batch\.yml, or at the top of a plan")


@pytest.mark.parametrize(("place", "name", "value"), [row[1:4] for row in TABLE if row[0] == "name"])
def test_what_is_found_by_its_name_is_accepted_as_its_message_advises(place, name, value):
    plan = plan_with(place, name, value)
    for _ in range(3):  # more than one name may be found in one value
        for one in check_credentials(plan):
            (advised,) = ADVISED.findall(one.message)
            plan["not_secret"] = [*plan.get("not_secret", ()), *yaml.safe_load(advised)["not_secret"]]
    assert not [*check_credentials(plan)]


@pytest.mark.parametrize(("place", "name", "value"), [row[1:4] for row in TABLE if row[0] == "form"])
def test_what_is_found_by_its_form_is_refused_whatever_its_name(place, name, value):
    names = [name or "-u", "WHATEVER", "u", "user"]
    assert found_in(place, name, value, not_secret=names) == "form"
    assert not any("not_secret" in one.message for one in check_credentials(plan_with(place, name, value)))


def test_a_name_that_is_none_of_a_credential_is_compared_letter_by_letter():
    assert found_in("environment", "DB_SECRET", "x", not_secret=["DB_SECRET"]) == "none"
    assert found_in("environment", "DB_SECRET", "x", not_secret=["db_secret", "SECRET", "DB"]) == "name"
    assert found_in("params", "model", {"token": "x"}, not_secret=["model.token"]) == "none"
    assert found_in("params", "model", {"token": "x"}, not_secret=["token"]) == "name"


def test_a_value_in_place_of_a_name_is_refused():
    plan = plan_with("environment", "A", "b") | {"not_secret": ["A", GITHUB]}
    assert [(one.path, one.message) for one in check_credentials(plan)] == [
        (("not_secret", 1), "looks like a credential itself: write the name that it has, not its value")
    ]


def test_a_very_long_name_has_another_way_out():
    (one,) = check_credentials(plan_with("params", "x" * 300 + "_token", "abc"))
    assert one.message.endswith("If it is none, give it a shorter name")


def test_the_table_has_sixty_of_both():
    assert sum(found != "none" for found, *_ in TABLE) >= 60
    assert sum(found == "none" for found, *_ in TABLE) >= 60


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STAGE", KEY_ID),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("DATABASE", "postgresql://me:hunter2@host/db"),
        ("DB_PASSWORD", "hunter2"),
        ("API_KEY", "abc"),
        ("client-secret", "abc"),
        ("WHATEVER", GITHUB),
        ("WHATEVER", JWT),
        ("WHATEVER", "-----BEGIN RSA " + "PRIVATE KEY-----"),
        ("SECRET_NAME", KEY_ID),
        ("HF_TOKEN", "abc"),
        ("DJANGO_SECRET_KEY", "hunter2hunter"),
        ("PASSWORD1", "hunter2"),
        ("DB_PASSWORD", "20231105"),
        ("KEDRO_PASS", "hunter2"),
        ("PGPASSWORD", "it's"),
        ("HEADER", "Bearer 0123456789abcdef"),
        ("db_pass", "20231105"),
        ("compass_pass", "x"),
        ("bypass.pass", "x"),
        ("bot_token", "abc"),
        ("credentials", "user:hunter2"),
        ("credentials", "a" * 33),
        ("authorization", "Basic dXNlcjp4"),
        ("low_password", "x"),
        ("WHATEVER", "hf_" + "abcdefghijklmnopqrstuvwxyz"),
    ],
)
def test_credentials_are_recognised_by_value_or_by_name(name, value):
    assert looks_like_credential(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STAGE", "prod"),
        ("DATABASE", "postgresql://me@host/db"),
        ("BUCKET", "s3://bucket/secret/key"),
        ("DB_PASSWORD", ""),
        ("DB_PASSWORD_ARN", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x"),
        ("DB_PASSWORD", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x"),
        ("SECRET_NAME", "my-secret"),
        ("PASSWORD_FILE", "/run/secrets/x"),
        ("IMAGE", "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        ("team", "data science"),
        ("db_key", "customer_id"),
        ("PASSWORD_MIN_LENGTH", "8"),
        ("USE_SECRETS", "false"),
        ("SECRETS_MANAGER_REGION", "eu-west-1"),
        ("secret-rotation", "enabled"),
        ("MAX_TOKENS", "100"),
        ("model.bypass", "quick"),
        ("tok.pad_token", "[PAD]"),
        ("x.eos_token", "eos"),
        ("MODEL", "sk-learn-gradient-boosting-v2"),
        ("TITLE", "Basic infrastructure-monitoring"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "conf/local/key.json"),
        ("DB_SECRET", "prod/db/password"),
        ("low_pass", "0.5"),
        ("filter.high_pass", "x"),
        ("second_pass", "x"),
        ("n_pass", "3"),
        ("tok.stop_token", "###"),
        ("image_token", "<image"),
        ("credentials", "dev_s3"),
        ("source.credentials", "dev-s3"),
        ("authorization", "required"),
    ],
)
def test_what_only_points_at_a_secret_is_none(name, value):
    assert not looks_like_credential(name, value)


_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLW9mLXRoaXM"  # noqa: S105  it says {"alg": "HS256"} and {"sub": "1"}


@pytest.mark.parametrize("value", [_TOKEN, f"x={_TOKEN}", f"https://a/?jwt={_TOKEN}&b=c", f"eyJ eyJ-eyJ.x '{_TOKEN}'"])
def test_a_json_web_token_is_found_wherever_it_stands(value):
    assert looks_like_credential("X", value)


def test_what_only_begins_like_a_token_is_none():
    assert not looks_like_credential("X", "eyJ-eyJ-eyJ.eyJ")


def test_a_line_of_npmrc_with_a_token_is_a_credential():
    assert looks_like_credential("X", "//registry.npmjs.org/:_authToken=" + "npm_" + 36 * "a")
    assert not looks_like_credential("X", "//registry.npmjs.org/")


@pytest.mark.parametrize(
    ("command", "positions"),
    [
        ("kedro run --nodes=train --params=a=1,db.password=hunter2", [3]),
        ("kedro run --params=api_key=abc", [2]),
        ("run --password hunter2 --verbose", [2]),
        ("run --password=hunter2", [1]),
        ("env DB_PASSWORD=hunter2 run", [1]),
        (f"run {KEY_ID} {GITHUB}", [1, 2]),
        ("psql postgresql://me:hunter2@host/db", [1]),
        ("python jobs.py rotate_secrets", []),
        ("kedro run --nodes=load_secrets,api_key --pipeline=token", []),
        ("run --password --verbose", []),
        ("run --password-file /run/secrets/x --max-tokens 100 --token /run/secrets/token", []),
        ("kedro run --params=max_tokens=100,model.pad_token=[PAD] --load-versions=credentials:2024-01-01T00.00.00", []),
        ("aws secretsmanager get-secret-value --secret-id prod", []),
    ],
)
def test_credentials_are_found_among_the_words_of_a_command(command, positions):
    assert [position for (position,), _ in credentials_in_command(command.split())] == positions


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("params", {"command": ["run", "--password", "hunter2"]}),
        ("params", {"steps": [["curl", "-u", "me:hunter2", "https://x"]]}),
        ("register", {"containerProperties": {"command": ["mysql", "-phunter2"]}}),
        ("register", {"eksProperties": {"podProperties": {"containers": [{"args": ["--token", "abc"]}]}}}),
        (
            "submit",
            {"eksPropertiesOverride": {"podProperties": {"containers": [{"command": ["run", "--token", "a"]}]}}},
        ),
    ],
)
def test_words_of_a_command_are_read_together_wherever_they_stand(place, words):
    plan: dict[str, Any] = {"jobs": [{"name": "a", "command": ["kedro"]}]}
    match place:
        case "params":
            plan["params"] = words
        case "register":
            plan["job_definitions"] = {"d": {"register": words}}
        case "submit":
            plan["defaults"] = {"submit": words}
    assert len([*check_credentials(plan)]) == 1


@pytest.mark.parametrize(
    ("params", "paths"),
    [
        ({"low_pass": 0.5, "band_pass": [0.1, 30], "n_pass": 3, "db": {"pass": [1, [2.5]]}}, []),
        ({"credentials": "dev_s3", "authorization": "required", "stop_token": "###"}, []),
        ({"db_pass": "20231105", "password": 20231105}, [("db_pass",), ("password",)]),
        ({"a": {"passwords": ["x", "y", ["z"]]}}, [("a", "passwords")]),
        ({"users": [{"password": "x"}, {"password": "y"}]}, [("users", 0, "password"), ("users", 1, "password")]),
        ({"texts": ["x", KEY_ID, GITHUB]}, [("texts",)]),
        ({"options": [{"key": "password", "value": "x"}]}, [("options", 0, "value")]),
    ],
)
def test_each_parameter_is_reported_once_and_numbers_of_passes_are_none(params, paths):
    found = [*credentials_in_params(params)]
    assert [path for path, _ in found] == paths

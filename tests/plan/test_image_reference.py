"""The reference of a container image: its parts, and what is refused."""

import pytest

from kedro_batch.plan.image_reference import parse_image

DIGEST = "sha256:" + "0f" * 32
ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("spaceflights", (None, "spaceflights", None, None)),
        ("team/spaceflights:1.2", (None, "team/spaceflights", "1.2", None)),
        (f"{ECR}/spaceflights:v1", (ECR, "spaceflights", "v1", None)),
        (f"{ECR}/a/b__c/d--e@{DIGEST}", (ECR, "a/b__c/d--e", None, DIGEST)),
        (f"{ECR}/spaceflights:v1@{DIGEST}", (ECR, "spaceflights", "v1", DIGEST)),
        ("localhost/spaceflights", ("localhost", "spaceflights", None, None)),
        ("localhost:5000/spaceflights:_x", ("localhost:5000", "spaceflights", "_x", None)),
        ("Registry.example:5000/x", ("Registry.example:5000", "x", None, None)),
        ("[::1]:5000/x", ("[::1]:5000", "x", None, None)),
        (f"x@sha512:{'a' * 128}", (None, "x", None, f"sha512:{'a' * 128}")),
        (f"x:{'t' * 128}", (None, "x", "t" * 128, None)),
    ],
)
def test_a_reference_has_parts_and_is_written_as_it_was(text, parts):
    reference = parse_image(text)
    assert (reference.registry, reference.repository, reference.tag, reference.digest) == parts
    assert str(reference) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty"),
        ("  ", "it is empty"),
        (" spaceflights", "it has white space in it"),
        ("spaceflights:1\n", "it has white space in it"),
        ("space flights", "it has white space in it"),
        ("docker://spaceflights", "leave out docker://"),
        (f"https://{ECR}/x", "leave out https://"),
        ("SpaceFlights:1", "a repository is written in lower case: spaceflights"),
        ("Team/x", "a repository is written in lower case: team/x"),
        (f"{ECR}/Team/x", "a repository is written in lower case: team/x"),
        (DIGEST, "a digest needs a repository before it, such as repository@sha256:..."),
        ("0f" * 32, "a digest needs a repository before it, such as repository@sha256:..."),
        (f"{ECR}/", "it has no repository"),
        (f"@{DIGEST}", "it has no repository"),
        (":1", "it has no repository"),
        ("-bad.host/x", "'-bad.host' cannot be the host of a registry"),
        ("host.example:port/x", "'host.example:port' cannot be the host of a registry"),
        ("x:", "the tag '' must have 1 to 128 letters, digits, _ . and -, the first no . and no -"),
        (f"x:{'t' * 129}", "must have 1 to 128 letters"),
        ("x:.1", "the tag '.1' must have"),
        ("x:é", "the tag 'é' must have"),
        ("a//b", "the repository 'a//b' must have lower-case letters and digits"),
        ("a___b", "the repository 'a___b' must have"),
        ("a-", "the repository 'a-' must have"),
        ("${IMAGE}", "the repository '${IMAGE}' must have"),
        ("<image>", "the repository '<image>' must have"),
        ("x@", "the digest '' must begin with sha256: or sha512:"),
        ("x@md5:0f", "the digest 'md5:0f' must begin with sha256: or sha512:"),
        ("x@sha256:0f", "the digest must have 64 hexadecimal digits in lower case after sha256:, found 2"),
        (f"x@{DIGEST.upper()}", "must begin with sha256: or sha512:"),
        (f"x@sha256:{'0F' * 32}", "64 hexadecimal digits in lower case after sha256:, found 64"),
        (f"x@{DIGEST}@{DIGEST}", "the digest must have 64 hexadecimal digits"),
        ("x" * 256, "it has 256 characters, and AWS Batch takes 255"),
    ],
)
def test_what_is_no_reference_is_refused_with_the_reason(text, reason):
    with pytest.raises(ValueError, match="is not the name of an image: ") as refused:
        parse_image(text)
    assert reason in str(refused.value)

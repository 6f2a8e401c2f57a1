"""The images that are pushed to Amazon ECR: without docker, in a few bytes.

An index with a tag has two parts without one, as ``docker buildx`` makes them; beside it are images without a tag that
belong to nothing.
"""

import gzip
import hashlib
import json
from typing import Any

from tests.aws.account import AwsAccount

_OCI = "application/vnd.oci.image"
_EMPTY_LAYER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"
"""What gzip makes of nothing."""


def push_blob(account: AwsAccount, repository: str, content: bytes) -> dict[str, Any]:
    """Upload a layer or a configuration; return what a manifest says of it."""
    upload = account.ecr.initiate_layer_upload(repositoryName=repository)["uploadId"]
    account.ecr.upload_layer_part(
        repositoryName=repository,
        uploadId=upload,
        partFirstByte=0,
        partLastByte=len(content) - 1,
        layerPartBlob=content,
    )
    account.ecr.complete_layer_upload(repositoryName=repository, uploadId=upload, layerDigests=[digest_of(content)])
    return {"digest": digest_of(content), "size": len(content)}


def push_image(account: AwsAccount, repository: str, architecture: str) -> dict[str, Any]:
    """Push an image without a tag; return what an index says of it."""
    configuration = {"architecture": architecture, "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}
    config = push_blob(account, repository, json.dumps(configuration).encode())
    layer = push_blob(account, repository, gzip.compress(architecture.encode(), mtime=0))  # no layer twice
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{_OCI}.manifest.v1+json",
        "config": {"mediaType": f"{_OCI}.config.v1+json", **config},
        "layers": [{"mediaType": f"{_OCI}.layer.v1.tar+gzip", **layer}],
    }
    text = json.dumps(manifest)
    account.ecr.put_image(
        repositoryName=repository,
        imageManifest=text,
        imageManifestMediaType=manifest["mediaType"],
        imageDigest=digest_of(text.encode()),
    )
    return {"mediaType": manifest["mediaType"], "digest": digest_of(text.encode()), "size": len(text)}


def push_index(account: AwsAccount, repository: str, tag: str, parts: list[dict[str, Any]]) -> str:
    """Push an index of images with a tag; return its digest."""
    index = {"schemaVersion": 2, "mediaType": f"{_OCI}.index.v1+json", "manifests": parts}
    text = json.dumps(index)
    account.ecr.put_image(
        repositoryName=repository,
        imageManifest=text,
        imageManifestMediaType=index["mediaType"],
        imageTag=tag,
        imageDigest=digest_of(text.encode()),
    )
    return digest_of(text.encode())


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"

"""What people do with boto3 and s3fs, as they are: each use prints its name and what came of it, as JSON."""

import json
import os
import sys
import tempfile
import urllib.request

import boto3
from botocore import UNSIGNED
from botocore.config import Config

from tensors import tensors

endpoint, open_endpoint = os.environ["REG_S3"], os.environ["REG_S3_OPEN"]
results = {"boto3": boto3.__version__}


def use(name):
    def run(function):
        try:
            results[name] = function()
        except Exception as error:  # which one it is, is what is asked
            results[name] = {"error": type(error).__name__, "message": str(error)[:300]}

    return run


def text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


folder = tempfile.mkdtemp()
s3 = boto3.client("s3", endpoint_url=endpoint)
anonymous = boto3.client("s3", endpoint_url=open_endpoint, config=Config(signature_version=UNSIGNED))


@use("buckets")
def _():
    return [one["Name"] for one in s3.list_buckets()["Buckets"]]


@use("get")
def _():
    return s3.get_object(Bucket="churn", Key="prod/churn.bin")["Body"].read().decode()


@use("anonymous")
def _():
    return anonymous.get_object(Bucket="churn", Key="prod/churn.bin")["Body"].read().decode()


@use("below a path")
def _():
    client = boto3.client("s3", endpoint_url=os.environ["REG_S3_PATH"])
    return client.get_object(Bucket="teams", Key="llm/prod/sub/a+b.txt")["Body"].read().decode()


@use("another secret")
def _():
    client = boto3.client("s3", endpoint_url=endpoint, aws_secret_access_key="another", aws_access_key_id="ann")
    client.get_object(Bucket="churn", Key="prod/churn.bin")


@use("head")
def _():
    found = s3.head_object(Bucket="churn", Key="prod/churn.bin", ChecksumMode="ENABLED")
    return [found["ContentLength"], found["ETag"], found["LastModified"].isoformat(), found["ChecksumSHA256"]]


@use("part")
def _():
    return s3.get_object(Bucket="churn", Key="prod/churn.bin", Range="bytes=2-4")["Body"].read().decode()


@use("files")
def _():
    found = {}
    for version in ["list_objects", "list_objects_v2"]:
        pages = s3.get_paginator(version).paginate(
            Bucket="teams", Prefix="llm/prod/", PaginationConfig={"PageSize": 3}
        )
        keys = [one["Key"] for page in pages for one in page["Contents"]]
        found[version] = {
            key[len("llm/prod/") :]: s3.get_object(Bucket="teams", Key=key)["Body"].read().decode() for key in keys
        }
    return found


@use("folders")
def _():
    page = s3.list_objects_v2(Bucket="churn", Delimiter="/")
    return [one["Prefix"] for one in page["CommonPrefixes"]]


@use("big")
def _():
    path = os.path.join(folder, "big")
    s3.download_file("big", "prod/big.bin", path)
    with open(path, "rb") as file:
        bytes = file.read()
    return [len(bytes), bytes == (b"a big model, " * 700_000)[: len(bytes)]]


@use("model")
def _():
    path = os.path.join(folder, "cost.safetensors")
    s3.download_file("cost", "prod/cost.safetensors", path)
    return tensors(path)


@use("moved")
def _():
    found = s3.head_object(Bucket="churn", Key="dev/churn.bin")
    s3.get_object(Bucket="churn", Key="prod/churn.bin", IfMatch=found["ETag"])


@use("presigned")
def _():
    client = boto3.client("s3", endpoint_url=endpoint, config=Config(signature_version="s3v4"))
    wanted = {"Bucket": "teams", "Key": "llm/prod/sub/with space.txt"}
    return urllib.request.urlopen(client.generate_presigned_url("get_object", Params=wanted)).read().decode()


@use("presigned by version 2")
def _():
    client = boto3.client("s3", endpoint_url=endpoint, config=Config(signature_version="s3"))
    wanted = {"Bucket": "churn", "Key": "prod/churn.bin"}
    try:
        urllib.request.urlopen(client.generate_presigned_url("get_object", Params=wanted))
    except urllib.error.HTTPError as error:
        return error.code


@use("attributes")
def _():
    s3.get_object_attributes(Bucket="churn", Key="prod/churn.bin", ObjectAttributes=["ETag"])


@use("no bucket")
def _():
    s3.list_objects_v2(Bucket="nothing")


@use("no key")
def _():
    s3.get_object(Bucket="churn", Key="prod/nothing")


@use("withdrawn")
def _():
    s3.get_object(Bucket="churn", Key="v2.0.0/churn.bin")


@use("write")
def _():
    s3.put_object(Bucket="churn", Key="x", Body=b"x")


try:
    import s3fs
except ImportError:
    s3fs = None

if s3fs is not None:
    results["s3fs"] = s3fs.__version__
    files = s3fs.S3FileSystem(client_kwargs={"endpoint_url": endpoint})

    @use("file system")
    def _():
        to = os.path.join(folder, "llm")
        files.get("teams/llm/prod/sub", to, recursive=True)
        return {
            "ls": sorted(files.ls("churn/prod")),
            "read": files.cat("churn/prod/churn.bin").decode(),
            "exists": [files.exists("churn/prod/churn.bin"), files.exists("churn/prod/nothing"), files.exists("churn/prod")],
            "find": len(files.find("teams/llm/prod")),
            "got": text(os.path.join(to, "deep", "er", "model.bin")),
        }

    @use("open a part")
    def _():
        with files.open("big/prod/big.bin", "rb", block_size=1 << 20) as file:
            file.seek(8_000_000)
            return file.read(5) == (b"a big model, " * 700_000)[8_000_000:8_000_005]


json.dump(results, sys.stdout)

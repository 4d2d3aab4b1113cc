"""What people do with huggingface_hub, as it is: each use prints its name and what came of it, as JSON."""

import json
import os
import sys
import tempfile

import huggingface_hub as hub
from huggingface_hub import HfApi, HfFileSystem, hf_hub_download, snapshot_download

from tensors import tensors

results = {"version": hub.__version__}


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
cache = os.path.join(folder, "cache")
api = HfApi()


@use("download")
def _():
    return text(hf_hub_download("churn", "churn.bin", revision="prod", cache_dir=cache))


@use("download with an owner")
def _():
    return text(hf_hub_download("reg/churn", "churn.bin", revision="v1.0.0", cache_dir=cache))


@use("download of main")
def _():
    return text(hf_hub_download("churn", "churn.bin", cache_dir=cache))


@use("stage with a slash")
def _():
    return text(hf_hub_download("churn", "churn.bin", revision="eu/prod", cache_dir=os.path.join(folder, "slash")))


@use("snapshot")
def _():
    path = snapshot_download("teams/llm", revision="prod", cache_dir=cache)
    again = snapshot_download("teams/llm", revision="prod", cache_dir=cache)
    files = {}
    for root, _, names in os.walk(path):
        for name in names:
            at = os.path.join(root, name)
            files[os.path.relpath(at, path)] = text(at)
    return {"files": files, "again": again == path, "commit": os.path.basename(path)}


@use("snapshot in a folder")
def _():
    path = snapshot_download("teams/llm", revision="prod", local_dir=os.path.join(folder, "here"), allow_patterns=["*.json"])
    return sorted(name for name in os.listdir(path) if not name.startswith("."))


@use("model info")
def _():
    info = api.model_info("churn", revision="prod", files_metadata=True)
    [file] = info.siblings
    return {"id": info.id, "sha": info.sha, "file": [file.rfilename, file.size, file.lfs.sha256]}


@use("files")
def _():
    return sorted(api.list_repo_files("teams/llm", revision="prod"))


@use("tree")
def _():
    return sorted(row.path for row in api.list_repo_tree("teams/llm", "sub", recursive=True, expand=True, revision="prod"))


@use("paths")
def _():
    return [row.path for row in api.get_paths_info("teams/llm", ["config.json", "nothing"], revision="prod")]


@use("refs")
def _():
    refs = api.list_repo_refs("churn")
    return {"branches": [ref.name for ref in refs.branches], "tags": [ref.name for ref in refs.tags]}


@use("commits")
def _():
    return [row.title for row in api.list_repo_commits("churn")]


@use("models")
def _():
    return [row.id for row in api.list_models(search="churn")] + [row.id for row in api.list_models(author="teams", limit=5)]


@use("exists")
def _():
    return [
        api.repo_exists("churn"),
        api.repo_exists("nothing"),
        api.revision_exists("churn", "prod"),
        api.revision_exists("churn", "nothing"),
        api.file_exists("churn", "churn.bin", revision="prod"),
        api.file_exists("churn", "nothing", revision="prod"),
    ]


@use("file system")
def _():
    files = HfFileSystem(skip_instance_cache=True)
    return {
        "ls": sorted(files.ls("teams/llm@prod", detail=False)),
        "read": files.cat("reg/churn@prod/churn.bin").decode(),
        "part": files.cat_file("reg/churn@prod/churn.bin", start=2, end=5).decode(),
        "find": len(files.find("teams/llm@prod/sub")),
    }


@use("no such model")
def _():
    return hf_hub_download("nothing", "churn.bin", cache_dir=cache)


@use("no such revision")
def _():
    return hf_hub_download("churn", "churn.bin", revision="nothing", cache_dir=cache)


@use("withdrawn")
def _():
    return hf_hub_download("churn", "churn.bin", revision="v2.0.0", cache_dir=cache)


@use("no such file")
def _():
    return hf_hub_download("churn", "nothing", revision="prod", cache_dir=cache)


@use("not pinned")
def _():
    return snapshot_download("open", cache_dir=cache)


@use("write")
def _():
    return api.create_repo("mine")


@use("who")
def _():
    return api.whoami()["name"]


@use("model")
def _():
    return tensors(hf_hub_download("cost", "cost.safetensors", revision="prod", cache_dir=cache))


json.dump(results, sys.stdout)

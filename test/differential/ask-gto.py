"""Lets gto write into repositories, and prints as JSON what it answers about each.

Standard input is a list of {dir, now, steps, artifacts}. A step is [call, artifact, argument...]; one that gto refuses is passed over.
"""

import json
import sys
import time

from gto import api

CALLS = {
    "register": lambda repo, name, ref: api.register(repo, name, ref),
    "assign": lambda repo, name, stage, version: api.assign(repo, name, stage, version=version),
    "unassign": lambda repo, name, stage, version: api.unassign(repo, name, stage=stage, version=version),
    "deregister": lambda repo, name, version: api.deregister(repo, name, version=version),
    "deprecate": lambda repo, name: api.deprecate(repo, name),
}


def write(one):
    clock = one["now"]
    for call, *args in one["steps"]:
        clock += 60
        # gto dates its tags by this clock
        time.time = lambda: float(clock)
        try:
            CALLS[call](one["dir"], *args)
        except Exception:
            pass


def answered(question):
    try:
        return question()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def show(repo):
    rows = api.show(repo)
    return {
        name: {
            "latest": row["version"],
            "stages": {stage: version for stage, version in row["stage"].items() if version},
        }
        for name, row in rows.items()
    }


def versions(repo, name):
    if name not in api.show(repo, deprecated=True):
        return []
    return sorted(row["version"] for row in api.show(repo, name, deprecated=True) if row["is_active"])


def targets(repo, name):
    """The versions of churn@latest, churn#dev and churn#prod; gto has no artifact without a version."""
    if name not in api.show(repo, deprecated=True):
        return {}
    return {
        target: [row["version"] for row in api.show(repo, name + target, deprecated=True) if row["is_active"]]
        for target in ("@latest", "#dev", "#prod")
    }


def history(repo):
    return [[row["ref"], row["event"], row["version"], row["stage"]] for row in api.history(repo, ascending=True)]


def answers(one):
    repo = one["dir"]
    said = {
        "show": answered(lambda: show(repo)),
        "versions": {name: answered(lambda: versions(repo, name)) for name in one["artifacts"]},
        "targets": {name: answered(lambda: targets(repo, name)) for name in one["artifacts"]},
        "history": answered(lambda: history(repo)),
        "stages": answered(lambda: sorted(api.get_stages(repo, used=True))),
        "refs": answered(lambda: [bool(api.check_ref(repo, ref)) for ref, *_ in history(repo)]),
    }
    flat = [*said.values(), *said["versions"].values(), *said["targets"].values()]
    return {**said, "readable": not any(isinstance(answer, str) for answer in flat)}


asked = json.load(sys.stdin)
for one in asked:
    write(one)
json.dump([answers(one) for one in asked], sys.stdout)

"""The plan of a host as JSON, described by schemas/plan.schema.json.

Contents of files are left out: each file has its path, size and SHA-256. Logins in URLs are removed
and secrets in CMake options are starred out, so a plan can be logged and stored.
"""

from __future__ import annotations

import json
from hashlib import sha256
from itertools import zip_longest
from typing import Any

from .secrets.mask import masked
from .secrets.url import without_secrets
from .targets.plan_types import (
    Artifact,
    BuildPlan,
    DiscoverPlan,
    GgufPlan,
    HostPlan,
    Probe,
    ReleasePlan,
    ServicePlan,
)

VERSION = 1


def as_json(plan: HostPlan) -> str:
    """Return the plan as one line of JSON, without its line end."""
    return json.dumps(plan_tree(plan))


def plan_tree(plan: HostPlan) -> dict[str, Any]:
    """Return the plan as dicts, lists and scalars; services are in start order."""
    return {
        "version": VERSION,
        "host": plan.host,
        "gpus": [
            {"vendor": vendor, "arch": arch, "id": uuid}
            for (vendor, arch), uuid in zip_longest(plan.gpus, plan.gpu_ids[: len(plan.gpus)])
        ],
        "users": list(plan.users),
        "groups": list(plan.groups),
        "packages": [{"name": each.name, "program": each.program} for each in plan.packages],
        "builds": [_build(each) for each in plan.builds],
        "weights": [_weights(each) for each in plan.ggufs],
        "share": {"path": plan.share.path, "url": plan.share.url} if plan.share else None,
        "sharing": dict(plan.sharing),
        "mirror": without_secrets(plan.mirror) if plan.mirror else None,
        "releases": [_release(each) for each in plan.releases],
        "services": [_service(each) for each in plan.services],
    }


def _build(plan: BuildPlan) -> dict[str, Any]:
    build = plan.build
    return {
        "name": build.name,
        "directory": plan.directory,
        "compiles": plan.compiles,
        "builder": build.builder,
        "kind": build.kind,
        "source": build.source,
        "url": without_secrets(build.url) if build.url else None,
        "ref": build.ref,
        "commit": build.commit,
        "sha256": build.sha256,
        "backend": build.backend,
        "toolkit": build.toolkit,
        "native": build.native,
        "blas": build.blas,
        "cmake": [masked(without_secrets(each)) for each in plan.cmake],
        "prepare": plan.prepare,
        "targets": list(build.targets),
        "jobs": build.jobs,
        "keep": build.keep,
        "archives": [
            {"machine": each.machine, "file": each.file, "sha256": each.sha256, "size": each.size}
            for each in build.assets
        ],
        "patches": [{"file": each.name, "sha256": each.sha256} for each in build.patches],
        "packages": list(plan.packages),
        "runtime_packages": list(plan.runtime_packages),
    }


def _weights(plan: GgufPlan) -> dict[str, Any]:
    gguf = plan.gguf
    return {
        "name": gguf.name,
        "path": plan.path,
        "store": plan.store,
        "download": plan.download,
        "repo": gguf.repo,
        "file": gguf.file,
        "revision": gguf.revision if plan.download else None,
        "size": gguf.size,
        "sha256": gguf.sha256,
    }


def _release(plan: ReleasePlan) -> dict[str, Any]:
    return {
        "version": plan.version,
        "path": plan.path,
        "binary": plan.binary,
        "sha256": plan.sha256,
    }


def _service(plan: ServicePlan) -> dict[str, Any]:
    return {
        "kind": plan.kind,
        "name": plan.name,
        "user": plan.user,
        "groups": list(plan.groups),
        "packages": [each.name for each in plan.packages],
        "releases": [each.path for each in plan.releases],
        "files": [_file(each) for each in plan.artifacts],
        "units": [
            {"name": each.name, "executable": each.executable, "managed": each.managed}
            for each in plan.units
        ],
        "sockets": [
            {"unit": each.unit, "address": each.address, "port": each.port, "model": each.model}
            for each in plan.sockets
        ],
        "probes": [_probe(each) for each in plan.probes],
        "reads": [{"model": each.model, "key": each.key, "path": each.path} for each in plan.reads],
        "store": plan.store,
        "discover": [_discover(each) for each in plan.discover],
    }


def _discover(plan: DiscoverPlan) -> dict[str, Any]:
    known = plan.known
    return {
        "unit": plan.unit,
        "folder": plan.folder,
        "include": list(plan.include),
        "exclude": list(plan.exclude),
        "declared": list(plan.declared),
        "known": None if known is None else [each.file for each in known],
    }


def _file(artifact: Artifact) -> dict[str, Any]:
    data, check = artifact.content.encode(), artifact.check
    # A file that not everybody may read holds a secret, and a short one can be guessed by its hash.
    public = int(artifact.mode, 8) & 0o004
    return {
        "path": artifact.path,
        "sha256": sha256(data).hexdigest() if public else None,
        "size": len(data) if public else None,
        "mode": artifact.mode,
        "owner": artifact.owner,
        "group": artifact.group,
        "restarts": list(artifact.restarts),
        "reloads": list(artifact.reloads),
        "check": check
        and {"program": check.program, "folder": check.folder, "argv": list(check.argv)},
    }


def _probe(probe: Probe) -> dict[str, Any]:
    matrix = probe.matrix
    return {
        "kind": probe.kind,
        "unit": probe.unit,
        "address": probe.address,
        "port": probe.port,
        "health": probe.health,
        "patience": probe.patience,
        "key": probe.key,
        "key_file": probe.key_file,
        "models": [
            {
                "id": each.id,
                "aliases": list(each.aliases),
                "digest": each.digest,
                "ctx_size": each.ctx_size,
            }
            for each in probe.models
        ],
        "matrix": matrix
        and {
            "sets": [
                {"name": name, "combinations": [list(each) for each in combinations]}
                for name, combinations in matrix.sets
            ],
            "costs": dict(matrix.costs),
        },
        "groups": [
            {
                "models": list(each.models),
                "swap": each.swap,
                "exclusive": each.exclusive,
                "persistent": each.persistent,
            }
            for each in probe.groups
        ],
    }

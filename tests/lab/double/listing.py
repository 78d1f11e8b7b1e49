"""The contents of `/running` and `/v1/models`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from .config import ModelConfig
from .router import Router


def running_models(router: Router) -> dict[str, Any]:
    """Models that are not stopped."""
    entries = []
    for id_, state in router.running().items():
        model = router.config.models[id_]
        entries.append(
            {
                "model": id_,
                "state": state,
                "cmd": model.cmd,
                "proxy": model.proxy,
                "ttl": model.ttl,
                "name": model.name,
                "description": model.description,
            }
        )
    return {"running": entries}


def listed_models(router: Router) -> dict[str, Any]:
    """Models that are not hidden, in the order of their ids' bytes."""
    running = router.running()
    entries = []
    for id_, model in router.config.models.items():
        if model.unlisted:
            continue
        status = "loaded" if id_ in running else "unloaded"
        own: dict[str, Any] = {"type": "model"}
        if model.aliases:
            own["aliases"] = list(model.aliases)
        entries.append(_model_entry(id_, model, status, own))
        for alias in model.aliases if router.config.include_aliases else ():
            entries.append(_model_entry(alias, model, status, {"type": "alias", "modelID": id_}))
    entries.sort(key=lambda each: str(each["id"]).encode())
    return {"object": "list", "data": entries}


def _model_entry(
    id_: str, model: ModelConfig, status: str, own: Mapping[str, Any]
) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": id_,
        "object": "model",
        "created": int(time.time()),
        "owned_by": "llama-swap",
        "name": model.name.strip(),
        "description": model.description.strip(),
        "meta": {"llamaswap": {**model.metadata, **own}},
        "status": {"value": status},
    }
    return {key: value for key, value in entry.items() if value != ""}

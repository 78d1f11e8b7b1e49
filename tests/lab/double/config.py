"""The configuration of the double: the keys it reads, and refusals in llama-swap's words.

Not stood in for: macros other than PORT, MODEL_ID and PID, peers, selectors, profiles, filters,
API keys, capabilities, stores. A config that needs them belongs on the real program.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .fields import Fields
from .groups import Groups, read_groups
from .matrix import Matrix, read_matrix
from .refusal import RefusedError
from .yaml_text import read_yaml

MACRO = re.compile(r"\$\{([a-zA-Z0-9_-]+)\}")
LOG_TARGETS = ("proxy", "upstream", "both", "none")


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """One model as it will be run and listed; times are seconds."""

    id: str
    cmd: str
    cmd_stop: str
    proxy: str
    aliases: tuple[str, ...]
    env: tuple[str, ...]
    check_endpoint: str
    ttl: int
    unload_timeout: int
    unlisted: bool
    name: str
    description: str
    concurrency_limit: int
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Config:
    """A whole config that was accepted."""

    models: Mapping[str, ModelConfig]
    aliases: Mapping[str, str]
    router: Matrix | Groups
    health_check_timeout: int
    include_aliases: bool
    log_level: str
    log_to_stdout: str
    preload: tuple[str, ...]

    def find(self, name: str) -> str | None:
        """The model behind an id or an alias."""
        return name if name in self.models else self.aliases.get(name)


def load_config(path: Path) -> Config:
    """Read and check a config file."""
    try:
        text = path.read_text()
    except OSError as error:
        problem = (error.strerror or str(error)).lower()
        raise RefusedError(f"failed to read config {path}: open {path}: {problem}") from error
    return read_config(text, str(path))


def read_config(text: str, path: str) -> Config:
    """Check a config's text; `path` is for messages."""
    raw = read_yaml(text, path)
    top = Fields(raw)
    start_port = top.integer("startPort", 5800)
    if start_port < 1:
        raise RefusedError("startPort must be greater than 1")
    raw_models = top.nested("models").raw
    expanded = _expand(raw_models, start_port)
    models = {id_: _read_model(id_, Fields(each), top) for id_, each in expanded.items()}
    _check_numbers(top)
    aliases = _aliases(models)
    for each in models.values():
        _check_model(each)
    scheduler = top.nested("routing", "scheduler").text("use", "fifo")
    router = _router(top, models)
    if scheduler != "fifo":
        raise RefusedError(f'routing.scheduler.use: unknown scheduler "{scheduler}" (valid: fifo)')
    preload = top.nested("hooks", "on_startup").texts("preload")
    return Config(
        models=models,
        aliases=aliases,
        router=router,
        health_check_timeout=max(15, top.integer("healthCheckTimeout", 120)),
        include_aliases=top.switch("includeAliasesInList"),
        log_level=top.text("logLevel", "info").strip().lower(),
        log_to_stdout=top.text("logToStdout", "proxy"),
        preload=tuple(
            id_ for name in preload if (id_ := name if name in models else aliases.get(name))
        ),
    )


def _expand(models: Mapping[str, Any], start_port: int) -> dict[str, Any]:
    """Hand out ports in the order of ids, put macros' values in, refuse what is left over."""
    expanded: dict[str, Any] = {}
    port = start_port
    for id_, model in sorted((str(key), value) for key, value in models.items()):
        values = {"MODEL_ID": id_}
        if not isinstance(model, Mapping):
            expanded[id_] = model
            continue
        model = {**model, "proxy": model.get("proxy") or "http://localhost:${PORT}"}
        for key in ("cmd", "cmdStop"):
            if isinstance(model.get(key), str):
                model[key] = _without_comments(model[key])
        if "${PORT}" in str(model.get("cmd", "")):
            values["PORT"] = str(port)
            port += 1
        elif "${PORT}" in str(model["proxy"]):
            raise RefusedError(
                f"model {id_}: proxy uses ${{PORT}} but cmd does not - "
                "${PORT} is only available when used in cmd"
            )
        expanded[id_] = {key: _put(value, values) for key, value in model.items()}
        for key, value in expanded[id_].items():
            _refuse_left_over(id_, key, value)
    return expanded


def _without_comments(command: str) -> str:
    return "\n".join(line for line in command.split("\n") if not line.strip().startswith("#"))


def _put(value: Any, values: Mapping[str, str]) -> Any:
    match value:
        case str():
            for name, text in values.items():
                value = value.replace(f"${{{name}}}", text)
            return value
        case list():
            return [_put(each, values) for each in value]
        case Mapping():
            return {key: _put(each, values) for key, each in value.items()}
    return value


def _refuse_left_over(id_: str, key: str, value: Any) -> None:
    if isinstance(value, list | Mapping):
        for each in value.values() if isinstance(value, Mapping) else value:
            _refuse_left_over(id_, key, each)
        return
    for name in MACRO.findall(value) if isinstance(value, str) else ():
        if (key, name) == ("cmdStop", "PID"):
            continue
        macro = f"'${{{name}}}'"
        if name in ("PORT", "MODEL_ID") and key in ("cmd", "cmdStop", "proxy", "checkEndpoint"):
            raise RefusedError(f"macro {macro} should have been substituted in {id_}.{key}")
        if key in ("cmd", "cmdStop", "proxy", "checkEndpoint", "name", "description"):
            raise RefusedError(f"unknown macro {macro} found in {id_}.{key}")
        raise RefusedError(f"model {id_} {key}: unknown macro {macro}")


def _read_model(id_: str, fields: Fields, top: Fields) -> ModelConfig:
    ttl = fields.integer("ttl", -1)
    return ModelConfig(
        id=id_,
        cmd=fields.text("cmd"),
        cmd_stop=fields.text("cmdStop"),
        proxy=fields.text("proxy"),
        aliases=(*fields.texts("aliases"), *_variants(fields)),
        env=fields.texts("env"),
        check_endpoint=fields.text("checkEndpoint", "/health"),
        ttl=top.integer("globalTTL") if ttl == -1 else ttl,
        unload_timeout=fields.integer("unloadTimeout") or top.integer("unloadTimeout") or 10,
        unlisted=fields.switch("unlisted"),
        name=fields.text("name"),
        description=fields.text("description"),
        concurrency_limit=fields.integer("concurrencyLimit"),
        metadata=fields.nested("metadata").raw,
    )


def _check_numbers(top: Fields) -> None:
    for key in ("globalTTL", "unloadTimeout"):
        if top.integer(key) < 0:
            raise RefusedError(f"{key} must be >= 0")
    if top.text("logToStdout", "proxy") not in LOG_TARGETS:
        raise RefusedError(f"logToStdout must be one of: {', '.join(LOG_TARGETS)}")


def _variants(fields: Fields) -> tuple[str, ...]:
    """Ids under which requests get parameters of their own."""
    return tuple(map(str, fields.nested("filters", "setParamsByID").raw))


def _aliases(models: Mapping[str, ModelConfig]) -> dict[str, str]:
    aliases: dict[str, str] = {}
    for model in models.values():
        for alias in model.aliases:
            if alias in aliases:
                raise RefusedError(f"duplicate alias {alias} found in model: {model.id}")
            aliases[alias] = model.id
    return aliases


def _check_model(model: ModelConfig) -> None:
    if model.ttl < 0:
        raise RefusedError(f"model {model.id}: invalid TTL value {model.ttl}")
    if model.unload_timeout < 0:
        raise RefusedError(f"model {model.id}: invalid unloadTimeout value {model.unload_timeout}")


def _router(top: Fields, models: Mapping[str, ModelConfig]) -> Matrix | Groups:
    """The matrix or the groups that decide evictions, from either place where they may stand."""
    router = top.nested("routing", "router")
    settings = router.nested("settings")
    use = router.text("use")
    legacy = top.raw.get("matrix") is not None or bool(top.raw.get("groups"))
    if legacy and (use or settings.raw.get("matrix") is not None or settings.raw.get("groups")):
        raise RefusedError(
            "config uses both the legacy top-level 'matrix'/'groups' keys and the new "
            "'routing.router' block; please migrate the top-level keys into 'routing.router' "
            "and remove them"
        )
    matrix, groups = top.raw.get("matrix"), top.raw.get("groups")
    if not legacy:
        if use == "matrix" and settings.raw.get("matrix") is None:
            raise RefusedError(
                "routing.router.use is 'matrix' but routing.router.settings.matrix is not set"
            )
        if use not in ("", "group", "matrix"):
            raise RefusedError(f'routing.router.use: unknown router "{use}" (valid: group, matrix)')
        matrix = settings.raw.get("matrix") if use == "matrix" else None
        groups = settings.raw.get("groups") if use != "matrix" else None
    if matrix is not None and groups:
        raise RefusedError("config cannot use both 'groups' and 'matrix'")
    if matrix is None:
        return read_groups(Fields(groups).raw, models)
    try:
        return read_matrix(Fields(matrix).raw, models)
    except RefusedError as error:
        raise RefusedError(f"matrix: {error}") from None

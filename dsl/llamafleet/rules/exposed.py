"""exposed, dangerous-flag: what anyone on the network may do."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic, Label
from ..fleet.model import Service
from ..targets.nginx import Nginx
from ..targets.server.block import LlamaServer
from ..targets.swap.block import LlamaSwap
from .report import warning
from .survey import Serving, Setting, Survey

KEYS = ("api-key", "api-key-file")
KEY_VARIABLE = "LLAMA_API_KEY"
DANGEROUS = ("tools", "agent", "mcp-servers-config", "mcp-servers-json", "ui-mcp-proxy")
"""Upstream itself warns of these on networks that are not trusted."""


def exposed(survey: Survey) -> Iterator[Diagnostic]:
    """Services that answer on every address and ask nobody for a key."""
    for service in survey.fleet.services.values():
        if isinstance(service, LlamaSwap | LlamaServer | Nginx) and _said_everywhere(service):
            behind = _behind(service, survey)
            if behind is not None and not has_key(behind, survey):
                yield _open(service, behind)
    yield from _dangerous(survey)


def _said_everywhere(service: LlamaSwap | LlamaServer | Nginx) -> bool:
    """Whether it is written that a service listens on every address.

    A llama-swap configuration does not say where llama-swap listens; what stands for it there has
    no width.
    """
    span = service.spans.get("listen", service.origin)
    return service.listen.everywhere and span.start < span.end


def has_key(service: Service, survey: Survey) -> bool:
    """Whether a service asks for a key, or may: what its environment file sets is not known."""
    if isinstance(service, LlamaSwap):
        return bool(service.settings.api_key_env) or "apiKeys" in service.settings.pass_through
    if isinstance(service, LlamaServer):
        serving = survey.by_service[service.name][0]
        return _model_has_key(serving) or service.running.environment_file is not None
    return False


def _model_has_key(serving: Serving) -> bool:
    named = any(name == KEY_VARIABLE for name, _ in serving.model.env)
    return named or any(key in serving.settings for key in KEYS)


def _behind(service: Service, survey: Survey) -> Service | None:
    """The service that answers: the last of a row of proxies, which ask for nothing."""
    for _ in range(len(survey.fleet.services)):
        if not isinstance(service, Nginx):
            return service
        upstream = survey.fleet.services.get(service.upstream.text)
        if upstream is None:
            return None
        service = upstream
    return None


def _open(service: LlamaSwap | LlamaServer | Nginx, behind: Service) -> Diagnostic:
    message = f"{service.name} answers everyone who reaches the host, without a key"
    hint = "listen on 127.0.0.1 or one address of a trusted network"
    hint += ', or add api-key-env = ["NAME"]' if isinstance(behind, LlamaSwap) else ""
    hint += ", or set api-key-file" if isinstance(behind, LlamaServer) else ""
    span = service.spans.get("listen", service.origin)
    related = () if behind is service else (Label(behind.origin, "asks for no key"),)
    return warning("exposed", message, span, hint, *related)


def _dangerous(survey: Survey) -> Iterator[Diagnostic]:
    """Built-in tools of a server that others than its own host can reach."""
    open_to = {
        behind.name: proxy
        for proxy in survey.proxies
        if not proxy.listen.loopback and (behind := _behind(proxy, survey))
    }
    for serving in survey.serving:
        for key in DANGEROUS:
            setting = serving.settings.get(key)
            if setting is None or setting.off or setting.value == "none":
                continue
            service = serving.service
            door: Service | None = open_to.get(service.name)
            own = isinstance(service, LlamaSwap | LlamaServer) and not service.listen.loopback
            if own or _listens_outside(serving):
                door = service
            if door is not None and not has_key(service, survey) and not _model_has_key(serving):
                yield _reachable(setting, door)


def _listens_outside(serving: Serving) -> bool:
    """Whether a command of its own lets the model's server listen to others."""
    host = serving.settings.get("host")
    return host is not None and host.value in ("0.0.0.0", "::")


def _reachable(setting: Setting, door: Service) -> Diagnostic:
    written = f"{setting.key} = {setting.value}" if setting.value else setting.key
    message = f"{written} lets everyone who reaches {door.name} act on this host"
    hint = "take it away, ask for a key, or let the service listen on 127.0.0.1 only"
    return warning(
        "dangerous-flag", message, setting.origin, hint, Label(door.origin, "reached here")
    )

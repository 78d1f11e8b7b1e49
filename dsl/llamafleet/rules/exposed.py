"""exposed, dangerous-flag: what anyone on the network may do."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic, Label
from ..fleet.model import Service
from ..targets.nginx import Nginx
from ..targets.proxy.site import BELOW
from ..targets.server.block import LlamaServer
from ..targets.swap.block import LlamaSwap
from .listening import asks_for_a_key, listens_everywhere
from .report import warning
from .rule import WARNING, Code, rule
from .survey import Serving, Setting, Survey

KEYS = ("api-key", "api-key-file")
KEY_VARIABLE = "LLAMA_API_KEY"
DANGEROUS = ("tools", "agent", "mcp-servers-config", "mcp-servers-json", "ui-mcp-proxy")
"""Upstream itself warns of these on networks that are not trusted."""
TOOLS = ("tools", "cors-proxy")
"""The ends of llama-server's paths at which they are used."""


@rule(
    Code(
        "dangerous-flag",
        WARNING,
        "Whoever reaches a server may use tools that act on its host.",
        in_yaml=True,
    ),
    Code(
        "exposed",
        WARNING,
        "A service, or the server of a model of it, answers everyone who reaches its host, without "
        "a key.",
        in_yaml=False,
    ),
)
def exposed(survey: Survey) -> Iterator[Diagnostic]:
    """Services, and servers of their models, that answer others and ask nobody for a key."""
    for service in survey.fleet.services.values():
        if isinstance(service, LlamaSwap | LlamaServer | Nginx) and _said_in_public(service):
            behind = _behind(service, survey)
            if behind is not None and not has_key(behind, survey):
                yield _open(service, behind)
    yield from _past_the_door(survey)
    yield from _dangerous(survey)


def _said_in_public(service: LlamaSwap | LlamaServer | Nginx) -> bool:
    """Return True if it is written that a service listens on every address, or on a public one.

    A llama-swap configuration does not say where llama-swap listens; what stands for it there has
    no width.
    """
    span = service.spans.get("listen", service.origin)
    return span.start < span.end and (service.listen.everywhere or _is_public(service.listen.host))


def _is_public(host: str) -> bool:
    import ipaddress  # only what listens elsewhere than on all addresses needs it

    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def _past_the_door(survey: Survey) -> Iterator[Diagnostic]:
    """Servers of models that others reach at ports of their own, whatever their service asks for.

    llamafleet lets each server that it tells where to listen do so on 127.0.0.1 alone; a command,
    and arguments, may say otherwise. Which addresses of other hosts a fleet names as upstreams is
    no matter of this host: whoever listens there is found there.
    """
    seen: set[str] = set()
    for serving in survey.serving:
        service, model = serving.service, serving.model
        if model.name in seen or not isinstance(service, LlamaSwap | LlamaServer):
            continue
        if isinstance(service, LlamaServer) and (
            service.listen.everywhere or service.running.environment_file is not None
        ):
            continue  # it has been reported, or may have its key there
        words = listens_everywhere(model)
        if words is None or _model_has_key(serving) or asks_for_a_key(model):
            continue
        seen.add(model.name)
        yield _beside(serving, service, words, guarded=has_key(service, survey))


def _beside(
    serving: Serving, service: LlamaSwap | LlamaServer, words: str, *, guarded: bool
) -> Diagnostic:
    key = f"the key that {service.name} asks for" if guarded else "a key"
    message = (
        f"{words} lets {serving.model.name} answer everyone who reaches its port, without {key}"
    )
    hint = "let it listen on 127.0.0.1 (a container: publish 127.0.0.1:PORT:PORT), or ask for a key"
    door = Label(service.origin, "served here")
    return warning("exposed", message, serving.words_origin, hint, door)


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
    return _row(service, survey)[-1]


def _row(service: Service, survey: Survey) -> tuple[Service | None, ...]:
    """A service and what it passes requests to, and so on; ends with None where there is none."""
    row: list[Service | None] = [service]
    for _ in range(len(survey.fleet.services)):
        last = row[-1]
        if not isinstance(last, Nginx):
            return tuple(row)
        row.append(survey.fleet.services.get(last.upstream.text))
    return (*row, None)


def _open(service: LlamaSwap | LlamaServer | Nginx, behind: Service) -> Diagnostic:
    message = f"{service.name} answers everyone who reaches the host, without a key"
    hint = "listen on 127.0.0.1 or one address of a trusted network"
    hint += ', or add api-key-env = ["NAME"]' if isinstance(behind, LlamaSwap) else ""
    hint += ", or set api-key-file" if isinstance(behind, LlamaServer) else ""
    if isinstance(service, Nginx):
        message = (
            f"{service.name} passes {_passed(service)} to everyone who reaches the host, "
            "without a key"
        )
    span = service.spans.get("listen", service.origin)
    related = [] if behind is service else [Label(behind.origin, "asks for no key")]
    if isinstance(service, Nginx) and "expose" in service.spans:
        related.append(Label(service.spans["expose"], "passes, too"))
    return warning("exposed", message, span, hint, *related)


def _passed(proxy: Nginx) -> str:
    """What others reach through a proxy, in words."""
    if proxy.site.exposes_everything:
        return "every path of " + proxy.upstream.text
    return ", ".join(("the inference API", *proxy.site.expose))


def _dangerous(survey: Survey) -> Iterator[Diagnostic]:
    """Built-in tools of a server that others than its own host can reach."""
    open_to = {
        behind.name: proxy
        for proxy in survey.proxies
        if not proxy.listen.loopback
        and (behind := _behind(proxy, survey))
        and all(_passes_tools(each) for each in _row(proxy, survey) if isinstance(each, Nginx))
    }
    for serving in survey.serving:
        for key in DANGEROUS:
            setting = serving.settings.get(key)
            if setting is None or setting.off or setting.value == "none":
                continue
            service = serving.service
            door: Service | None = open_to.get(service.name)
            own = isinstance(service, LlamaSwap | LlamaServer) and not service.listen.loopback
            if own or listens_everywhere(serving.model):
                door = service
            if door is not None and not has_key(service, survey) and not _model_has_key(serving):
                yield _reachable(setting, door)


def _passes_tools(proxy: Nginx) -> bool:
    """Return True if what is exposed reaches the paths of built-in tools; the rest does not."""
    return any(
        path == BELOW or path.startswith("/upstream") or path.rpartition("/")[2] in TOOLS
        for path in proxy.site.expose
    )


def _reachable(setting: Setting, door: Service) -> Diagnostic:
    written = f"{setting.key} = {setting.value}" if setting.value else setting.key
    message = f"{written} lets everyone who reaches {door.name} act on this host"
    hint = "take it away, ask for a key, or let the service listen on 127.0.0.1 only"
    return warning(
        "dangerous-flag", message, setting.origin, hint, Label(door.origin, "reached here")
    )

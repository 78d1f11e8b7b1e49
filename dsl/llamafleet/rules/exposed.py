"""exposed, dangerous-flag: services that anyone on the network can use without a key."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic, Label
from ..fleet.model import Service
from ..fleet.service import EVERYTHING, Front, row_behind
from .context import FlagSetting, RuleContext, ServedModel
from .listening import asks_for_a_key, listens_everywhere
from .report import warning
from .rule import WARNING, Code, rule

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
        "Anyone who can reach a server can use its tools on its host.",
        in_yaml=True,
    ),
    Code(
        "exposed",
        WARNING,
        "Anyone who can reach a host can use a service, or a model's own server, without a key.",
        in_yaml=False,
    ),
)
def exposed(context: RuleContext) -> Iterator[Diagnostic]:
    """Check for services, and servers of their models, that others can use without a key."""
    for service in context.fleet.services.values():
        if _said_in_public(service):
            behind = _behind(service, context)
            if behind is not None and not has_key(behind, context):
                yield _open(service, behind)
    yield from _past_the_door(context)
    yield from _dangerous(context)


def _said_in_public(service: Service) -> bool:
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


def _past_the_door(context: RuleContext) -> Iterator[Diagnostic]:
    """Yield servers of models that others reach at their own ports, past their service.

    llamafleet lets each server that it tells where to listen do so on 127.0.0.1 alone; a command,
    and arguments, may say otherwise. Which addresses of other hosts a fleet names as upstreams is
    no matter of this host: whoever listens there is found there.
    """
    seen: set[str] = set()
    for served in context.served_models:
        service, model = served.service, served.model
        if model.name in seen:
            continue
        if service.keys.by_model and (service.listen.everywhere or service.keys.asks):
            continue  # it has been reported, or may have its key there
        words = listens_everywhere(model)
        if words is None or _model_has_key(served) or asks_for_a_key(model):
            continue
        seen.add(model.name)
        yield _beside(served, service, words, guarded=has_key(service, context))


def _beside(served: ServedModel, service: Service, words: str, *, guarded: bool) -> Diagnostic:
    key = f'the key that "{service.name}" asks for' if guarded else "a key"
    message = (
        f'{words} lets anyone who can reach the host use model "{served.model.name}" without {key}'
    )
    hint = "let it listen on 127.0.0.1 (containers: publish 127.0.0.1:PORT:PORT), or require a key"
    door = Label(service.origin, "served here")
    return warning("exposed", message, served.words_origin, hint, door)


def has_key(service: Service, context: RuleContext) -> bool:
    """Return True if a service asks for a key, or may: what its environment file sets is unknown.

    One whose models' servers answer callers themselves does if each of them does.
    """
    if service.keys.asks or not service.keys.by_model:
        return service.keys.asks
    served_models = context.by_service.get(service.name, ())
    return bool(served_models) and all(_model_has_key(each) for each in served_models)


def _model_has_key(served: ServedModel) -> bool:
    named = any(name == KEY_VARIABLE for name, _ in served.model.env)
    return named or any(key in served.settings for key in KEYS)


def _behind(service: Service, context: RuleContext) -> Service | None:
    """Return the service that answers: the last of a chain of proxies, which need no key."""
    row, answered = row_behind(service, context.fleet.services)
    return row[-1] if answered else None


def _open(service: Service, behind: Service) -> Diagnostic:
    named = f'{service.kind} "{service.name}"'
    message = f"anyone who can reach the host can use {named} without a key"
    hint = "listen on 127.0.0.1 or an address in a trusted network"
    hint += f", or {behind.keys.remedy}" if behind.keys.remedy else ""
    related = [] if behind is service else [Label(behind.origin, "asks for no key")]
    if (front := service.front) is not None:
        message = (
            f"anyone who can reach the host can use {_passed(front)} through {named} without a key"
        )
        if front.exposed_at is not None:
            related.append(Label(front.exposed_at, "also passed on"))
    span = service.spans.get("listen", service.origin)
    return warning("exposed", message, span, hint, *related)


def _passed(front: Front) -> str:
    """Return what others reach through a proxy, in words."""
    if front.exposes_everything:
        return f'every path of "{front.upstream.text}"'
    return ", ".join(("the inference API", *front.expose))


def _dangerous(context: RuleContext) -> Iterator[Diagnostic]:
    """Yield built-in tools of servers that others than their own host can reach."""
    open_to = {
        behind.name: proxy
        for proxy, _ in context.fronts
        if not proxy.listen.loopback
        and (behind := _behind(proxy, context))
        and all(map(_passes_tools, row_behind(proxy, context.fleet.services)[0]))
    }
    for served in context.served_models:
        for key in DANGEROUS:
            setting = served.settings.get(key)
            if setting is None or setting.is_negated or setting.value == "none":
                continue
            service = served.service
            door: Service | None = open_to.get(service.name)
            if not service.listen.loopback or listens_everywhere(served.model):
                door = service
            if door is not None and not has_key(service, context) and not _model_has_key(served):
                yield _reachable(setting, door)


def _passes_tools(service: Service) -> bool:
    """Return True if what is exposed reaches the paths of built-in tools; the rest does not."""
    return service.front is None or any(
        path == EVERYTHING or path.startswith("/upstream") or path.rpartition("/")[2] in TOOLS
        for path in service.front.expose
    )


def _reachable(setting: FlagSetting, door: Service) -> Diagnostic:
    written = f"{setting.key} = {setting.value}" if setting.value else setting.key
    message = (
        f'{written} lets anyone who can reach {door.kind} "{door.name}" use tools on this host'
    )
    hint = "remove it, require a key, or let the service listen on 127.0.0.1 only"
    return warning(
        "dangerous-flag", message, setting.origin, hint, Label(door.origin, "reachable here")
    )

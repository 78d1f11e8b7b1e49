"""Keys that llama-swap ignores without a word: what was probably meant, and where it belongs."""

from __future__ import annotations

from ..diagnostics.model import Diagnostics
from ..diagnostics.suggest import suggest
from .keys import paths
from .shapes import Fields
from .values import Key, Value

_LISTEN = "set the address on the command line: -listen 127.0.0.1:8080"
_TTL = "use ttl in a model, or globalTTL at top level, in seconds"
_MEANT = {
    "listen": _LISTEN,
    "port": _LISTEN,
    "host": _LISTEN,
    "address": _LISTEN,
    "bind": _LISTEN,
    "ttl": "move it into each model, or use globalTTL at top level",
    "idletimeout": _TTL,
    "idlettl": _TTL,
    "keepalive": _TTL,
    "unload": _TTL,
    "unloadafter": _TTL,
    "readytimeout": "use healthCheckTimeout at top level for how long a model may take to load",
    "starttimeout": "use healthCheckTimeout at top level for how long a model may take to load",
    "loadtimeout": "use healthCheckTimeout at top level for how long a model may take to load",
    "maxrunningmodels": "use matrix or groups for which models may run together",
    "maxmodels": "use matrix or groups for which models may run together",
    "tools": "use capabilities: {tools: true} for a model that calls tools",
    "headers": "use a proxy in front of llama-swap to set headers",
    "args": "add the arguments to cmd",
    "command": "use cmd",
    "alias": "use aliases, which takes a list",
    "model": "name a model by its key under models",
    "apikey": "use apiKeys at top level, which takes a list",
    "environment": "use env, which takes a list of NAME=value",
    "maxconcurrency": "use concurrencyLimit",
    "preload": "use hooks: {on_startup: {preload: [...]}} to load models at startup",
    "restart": "remove it: the next request starts a model that has ended",
    "timeout": "use timeouts in a model for connections, healthCheckTimeout for loading",
}
_OWNERS: dict[str, list[str]] = {}
for _path in paths():
    _OWNERS.setdefault(_path.rsplit(".", 1)[-1], []).append(_path)


def folded(name: str) -> str:
    """Return a name without what is spelt differently from taste."""
    return name.replace("_", "").replace("-", "").casefold()


_FOLDED = {folded(name): name for name in _OWNERS}


def report_unknown(
    key: Key, path: tuple[str, ...], shape: Fields, value: Value, diagnostics: Diagnostics
) -> None:
    """Say that a key is not read, and what to do instead."""
    where = _place(path)
    siblings = {folded(each): each for each in shape.keys}
    code, hint = "unknown-key", ""
    if (sibling := siblings.get(folded(key.text))) is not None:
        hint = f"did you mean {sibling}?"
    elif folded(key.text) in _FOLDED and (owner := _owner(_FOLDED[folded(key.text)], path)):
        code, hint = "misplaced-key", owner
    elif folded(key.text) in _MEANT:
        hint = _MEANT[folded(key.text)]
    elif near := suggest(key.text, shape.keys):
        hint = f"did you mean {near}?"
    elif path == () and value.table is not None and value.table.get("cmd"):
        hint = "if it is a model, move it under models"
    if code == "misplaced-key" and folded(key.text) in _MEANT and path == ():
        hint = _MEANT[folded(key.text)]
    message = f"llama-swap ignores {key.text} {where}"
    diagnostics.error(code, message, key.span, hint=hint)


def _place(path: tuple[str, ...]) -> str:
    if not path:
        return "at top level"
    if len(path) == 2 and path[0] == "models":
        return f'in model "{path[1]}"'
    return f"in {'.'.join(path)}"


def _owner(name: str, path: tuple[str, ...]) -> str:
    """Return a hint that names the places of a key; empty where there are too many."""
    places = [each for each in _OWNERS[name] if not each.startswith("routing") or name != "groups"]
    if len(places) > 3:
        return ""
    words = [_home(each) for each in places]
    return f"move it {' or '.join(dict.fromkeys(words))}"


def _home(path: str) -> str:
    parent = path.rpartition(".")[0]
    match parent.split("."):
        case [""]:
            return "to top level"
        case ["models", "*"]:
            return "into a model"
        case ["groups", "*"]:
            return "into a group"
        case ["peers", "*"]:
            return "into a peer"
        case ["selectors", "*"]:
            return "into a selector"
        case ["models", "*", *rest]:
            return f"into {'.'.join(rest)} of a model"
    return f"under {parent.replace('.*', '')}"

"""Processes: loading, limits, waiting, crashes, idle time, reload and the end."""

from __future__ import annotations

from tests.conformance.case import Case


def models(**flags: str) -> str:
    """Models that are stand-in servers, each on a port of its own, with more keys after a `;`."""
    text = "healthCheckTimeout: 15\nmodels:\n"
    for at, (name, given) in enumerate(flags.items(), 1):
        words, _, keys = given.partition(";")
        text += f"  {name}:\n    cmd: |\n      @RESPONDER@ --port @PORT{at}@ {words}\n"
        text += f'    proxy: "http://127.0.0.1:@PORT{at}@"\n'
        text += "".join(f"    {each.strip()}\n" for each in keys.split(";") if each.strip())
    return text


PLAIN = models(a="", b="", c="")
TOGETHER = 'matrix: {sets: {s: "a & b", t: "c"}}\n'

CASES = (
    Case(
        "chat and streaming",
        models(a="; aliases: [other]"),
        (
            ("post", "/v1/chat/completions", {"model": "a", "max_tokens": 2}),
            ("post", "/v1/chat/completions", {"model": "other", "max_tokens": 1}),
            ("post", "/v/chat/completions", {"model": "a", "max_tokens": 1}),
            ("post", "/v1/chat/completions", {"model": "a", "max_tokens": 4, "stream": True}),
            ("get", "/upstream/a/some/path?query=1"),
            ("get", "/props?model=a"),
            ("until", ["a"]),
            ("stop",),
        ),
    ),
    Case(
        "a slow load is waited for, and joined",
        models(a="--load 1.2"),
        (
            ("begin", "a"),
            ("until", ["a"], "starting"),
            ("load", "a"),
            ("outcomes",),
        ),
    ),
    Case(
        "loads side by side",
        models(a="--load 1", b="--load 1") + 'matrix: {sets: {s: "a & b"}}\n',
        (("begin", "a"), ("begin", "b"), ("until", ["a", "b"]), ("outcomes",)),
    ),
    Case(
        "more requests than the limit",
        models(a="; concurrencyLimit: 1"),
        (
            ("hold", "a", 6),
            ("limit", "/v1/chat/completions", {"model": "a"}),
            ("outcomes",),
            ("post", "/v1/chat/completions", {"model": "a", "max_tokens": 1}),
        ),
    ),
    Case(
        "an eviction waits for the request in flight",
        PLAIN + TOGETHER,
        (
            ("load", "a"),
            ("hold", "b", 6),
            ("begin", "c"),
            ("until", ["a", "b"]),
            ("outcomes",),
            ("until", ["c"]),
        ),
    ),
    Case(
        "unloading cuts the request in flight",
        models(a=""),
        (("hold", "a", 100), ("post", "/api/models/unload/a"), ("running",)),
    ),
    Case(
        "a command that ends at once",
        models(a="--no-such-flag"),
        (
            ("post", "/v1/chat/completions", {"model": "a"}),
            ("running",),
            ("get", "/health"),
        ),
    ),
    Case(
        "a command that is not there",
        'models: {"a": {cmd: "no-such-program-at-all x", proxy: "http://127.0.0.1:9"}}\n',
        (("post", "/v1/chat/completions", {"model": "a"}), ("running",)),
    ),
    Case(
        "an empty command",
        'models: {"a": {proxy: "http://127.0.0.1:9"}}\n',
        (("post", "/v1/chat/completions", {"model": "a"}), ("running",)),
    ),
    Case(
        "a crashed model is started again",
        models(a=""),
        (
            ("load", "a"),
            ("get", "/upstream/a/crash"),
            ("until", []),
            ("post", "/v1/chat/completions", {"model": "a", "max_tokens": 1}),
            ("until", ["a"]),
        ),
    ),
    Case(
        "an idle model is unloaded",
        models(a="; ttl: 1", b="; ttl: 0") + 'matrix: {sets: {s: "a & b"}}\n',
        (("load", "b"), ("load", "a"), ("until", ["b"])),
    ),
    Case(
        "a model that ignores SIGTERM is killed",
        models(a="--ignore-term; unloadTimeout: 1"),
        (("load", "a"), ("post", "/api/models/unload/a"), ("running",)),
    ),
    Case(
        "a stop command",
        models(a="--ignore-term; cmdStop: 'kill -9 ${PID}'"),
        (("load", "a"), ("post", "/api/models/unload/a"), ("running",)),
    ),
    Case(
        "preload",
        models(a="", b="; aliases: [other]")
        + 'hooks: {on_startup: {preload: [other]}}\nmatrix: {sets: {s: "a & b"}}\n',
        (("until", ["b"]),),
    ),
    Case(
        "reload",
        PLAIN + TOGETHER,
        (
            ("load", "a"),
            ("reload", "models: ["),
            ("running",),
            ("reload", models(b="")),
            ("running",),
            ("models",),
            ("load", "b"),
        ),
    ),
    Case(
        "the end stops every model",
        PLAIN + 'matrix: {sets: {s: "a & b & c"}}\n',
        (("load", "a"), ("load", "b"), ("load", "c"), ("stop",)),
    ),
)

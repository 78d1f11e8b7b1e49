"""Finds the options that make a model's own server listen on every address.

Commands are those of llama-server and of any other program. Known are: an option with an address
that stands for all, `--listen` alone, a port that a container publishes, and servers that listen
on every address by default.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..fleet.model import Model
from .invoked_server import command_words

VARIABLES = ("LLAMA_ARG_HOST", "OLLAMA_HOST", "KOBOLDCPP_HOST")
KEYS = ("--api-key", "--api-key-file", "--api-keys", "--password")
KEY_VARIABLES = ("LLAMA_API_KEY", "VLLM_API_KEY")
LISTENING = ("--host", "--listen", "--bind", "-b", "--address", "--addr", "--listen-address")
OPEN_BY_DEFAULT = (
    "vllm", "vllm.entrypoints.openai.api_server", "vllm-openai", "koboldcpp", "koboldcpp.py",
)  # fmt: skip
"""Servers that listen on every address unless `--host` says otherwise."""
CONTAINERS = ("docker", "podman", "nerdctl")

_PORT = r":(?:\d+|\$\{PORT\})"
_ALL = re.compile(rf"(?:[a-z]+://)?(?:0\.0\.0\.0|::|\[::\]|\*)(?:(?<!::){_PORT})?")
_ONLY_A_PORT = re.compile(_PORT)
_PUBLISHED = re.compile(
    r"(?:(?P<address>\[[0-9A-Fa-f:]+\]|[0-9.]+):)?(?:[0-9-]*|\$\{PORT\}):(?:[0-9-]+|\$\{PORT\})"
    r"(?:/[a-z]+)?"
)


def listens_everywhere(model: Model) -> str | None:
    """Return the words that say so; None where none do, as far as is known."""
    words = command_words(model) or model.extra_args
    container = next((n for n, word in enumerate(words) if _is(word, CONTAINERS)), None)
    if container is not None and not _in_the_hosts_network(words):
        return next(_published(words[container:]), None)
    found = next(_addresses(words), None)
    if found is None and not _told(words):
        found = next(_by_itself(model, words), None)
    return found


def asks_for_a_key(model: Model) -> bool:
    """Return True if a command or its environment gives the server an API key."""
    named = any(name in KEY_VARIABLES for name, _ in model.env)
    words = (*command_words(model), *model.extra_args)
    return named or any(word.partition("=")[0] in KEYS for word in words)


def _by_itself(model: Model, words: Sequence[str]) -> Iterator[str]:
    """Yield the reason why a server listens on every address without an option."""
    if model.needs_build or model.program:
        return  # llamafleet tells them
    for name, value in model.env:
        if name in VARIABLES and _stands_for_all(value):
            yield f"{name}={value}"
    for word in words:
        name, equals, value = word.partition("=")
        if equals and name in VARIABLES and _stands_for_all(value):
            yield word
        elif _is(word, OPEN_BY_DEFAULT):
            yield f"{word.rstrip('/').rpartition('/')[2]} without --host"


def _addresses(words: Sequence[str]) -> Iterator[str]:
    """Yield options with an address that stands for all; the last of several counts."""
    last: dict[str, tuple[str, str]] = {}
    for word, after in zip(words, (*words, "")[1:], strict=True):
        name, equals, value = word.partition("=")
        if not name.startswith("-") or not name.strip("-"):
            continue
        if name == "--listen" and not equals and (not after or after.startswith("-")):
            last[name] = ("0.0.0.0", word)
            continue
        last[name] = (value, word) if equals else (after, f"{word} {after}")
    for name, (value, text) in last.items():
        # Go's programs take one dash for two.
        spelled = name if len(name) == 2 else f"--{name.lstrip('-')}"
        only_a_port = spelled in LISTENING and _ONLY_A_PORT.fullmatch(value)
        if only_a_port or _stands_for_all(value):
            yield text


def _published(words: Sequence[str]) -> Iterator[str]:
    """Yield the ports of a container that the host opens on every address."""
    for word, after in zip(words, (*words, "")[1:], strict=True):
        name, equals, value = word.partition("=")
        if name == "--publish-all" or word == "-P":
            yield word
        if name not in ("-p", "--publish"):
            continue
        found = _PUBLISHED.fullmatch(value if equals else after)
        address = found["address"] if found else "127.0.0.1"
        if address is None or _stands_for_all(address):
            yield word if equals else f"{word} {after}"


def _in_the_hosts_network(words: Sequence[str]) -> bool:
    pairs = zip(words, (*words, "")[1:], strict=True)
    return any(
        word in ("--network=host", "--net=host")
        or (word in ("--network", "--net") and to == "host")
        for word, to in pairs
    )


def _told(words: Sequence[str]) -> bool:
    return any(word.partition("=")[0] in ("--host", "--uds") for word in words)


def _stands_for_all(value: str) -> bool:
    return any(_ALL.fullmatch(each.strip()) for each in value.split(","))


def _is(word: str, names: Sequence[str]) -> bool:
    """Return True if a word is a program of that name, or an image of a container."""
    return " " not in word and word.rstrip("/").rpartition("/")[2].partition(":")[0] in names

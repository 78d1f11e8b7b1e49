"""build-feature: flags that a build does not support, and hidden downloads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..dataclasses import dataclass
from ..diagnostics.model import Diagnostic
from ..fleet.model import Build
from ..fleet.schema import llama_server
from ..source import Span
from .context import RuleContext, ServedModel
from .report import error
from .rule import ERROR, Code, rule

VARIABLE = "LLAMA_ARG_"
_TRUE = frozenset({"1", "ON", "YES", "TRUE", "Y"})
_OFF = frozenset({"off", "disabled", "false", "0"})


@dataclass(frozen=True, slots=True)
class Feature:
    """Flags that need a feature: any of the CMake `options` enables it, where there are any.

    `instead` are flags beside which it is not needed.
    """

    flags: tuple[str, ...]
    lacks: str
    way_out: str
    options: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()


FEATURES = (
    Feature(
        ("ssl-key-file", "ssl-cert-file"),
        "without OpenSSL; rollouts and proxies use plain HTTP",
        "listen on 127.0.0.1, and terminate TLS in a web server in front of it",
    ),
    Feature(
        ("ui", "ui-config", "ui-config-file", "ui-mcp-proxy"),
        "without the web UI, which it would download while compiling",
        'remove it, serve your own files with path = "/folder", or download the UI: '
        'cmake = ["-DLLAMA_USE_PREBUILT_UI=ON"] in the build',
        (
            "LLAMA_USE_PREBUILT_UI",
            "LLAMA_BUILD_UI",
            "LLAMA_USE_PREBUILT_WEBUI",
            "LLAMA_BUILD_WEBUI",
        ),
        ("path",),
    ),
    Feature(
        ("rpc",),
        "without RPC",
        'add cmake = ["-DGGML_RPC=ON"] to the build',
        ("GGML_RPC",),
    ),
)
"""What llamafleet leaves out of its builds."""

DOWNLOADS = frozenset(
    {"docker-repo", "hf-file", "hf-repo", "mmproj-url", "model-url", "spec-draft-hf"}
)
"""Flags with which llama-server fetches weights when it starts; as arguments they are owned."""

_DRAFT_REPOSITORY = "spec-draft-hf-repo"  # how the variable of spec-draft-hf ends


@dataclass(frozen=True, slots=True)
class _Asked:
    name: str
    span: Span


@rule(
    Code(
        "build-feature",
        ERROR,
        "A flag needs what its build is compiled without, or makes llama-server download weights.",
        in_yaml=False,
    ),
)
def build_feature(context: RuleContext) -> Iterator[Diagnostic]:
    """Check the flags of models that a build of the fleet serves, wherever they are written."""
    for served in context.served_models:
        if served.build is not None:
            asked = _asked(served)
            for feature in FEATURES:
                yield from _lacking(feature, asked, served.build)
            yield from _downloads(served)


def _lacking(feature: Feature, asked: Mapping[str, _Asked], build: Build) -> Iterator[Diagnostic]:
    if any(flag in asked for flag in feature.instead) or _compiled(feature, build):
        return
    for flag in feature.flags:
        if flag in asked:
            built = f'build "{build.name}" is compiled {feature.lacks}'
            message = f"{asked[flag].name} does not work: {built}"
            yield error("build-feature", message, asked[flag].span, feature.way_out)


def _compiled(feature: Feature, build: Build) -> bool:
    values: dict[str, str] = {}
    for option in build.cmake:
        name, _, value = option.removeprefix("-D").partition("=")
        values[name.partition(":")[0]] = value.upper()
    return any(values.get(option) in _TRUE for option in feature.options)


def _asked(served: ServedModel) -> Mapping[str, _Asked]:
    """Return every flag that is given and not switched off, by its key."""
    found = {
        key: _Asked(each.name, each.origin)
        for key, each in served.settings.items()
        if not each.is_negated
    }
    for key, value in _variables(served):
        if value.lower() not in _OFF:
            found.setdefault(key, _Asked(_variable(key), _environment(served)))
    return found


def _downloads(served: ServedModel) -> Iterator[Diagnostic]:
    for key, _ in _variables(served):
        if key in DOWNLOADS or key == _DRAFT_REPOSITORY:
            message = f"{_variable(key)} makes llama-server download weights at startup"
            hint = llama_server.OWNED.get(key, llama_server.OWNED["hf-repo"])
            yield error("build-feature", message, _environment(served), hint)


def _variables(served: ServedModel) -> Iterator[tuple[str, str]]:
    """Yield the flags that the environment sets, by their keys."""
    for name, value in served.model.env:
        if name.startswith(VARIABLE):
            yield name.removeprefix(VARIABLE).lower().replace("_", "-"), value


def _variable(key: str) -> str:
    return VARIABLE + key.upper().replace("-", "_")


def _environment(served: ServedModel) -> Span:
    return served.model.spans.get("env", served.model.origin)

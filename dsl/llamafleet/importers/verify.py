"""Proof that a fleet file means what was imported: render it, read that, compare."""

from __future__ import annotations

from collections.abc import Mapping

from ..compiler import compile_text
from ..diagnostics.model import Diagnostic, Diagnostics
from ..language.source import Source
from ..render import render
from ..swap_config.load import read_swap_config
from ..swap_config.model import SwapConfig
from .llama_swap import SERVICE
from .meaning import differences, meaning, own_ports, rendered_ports
from .secrets import Secret


def rendered_config(
    fleet: str, host: str, version: int
) -> tuple[SwapConfig | None, tuple[Diagnostic, ...]]:
    """The llama-swap configuration that a fleet file renders to, read again."""
    compiled = compile_text(fleet)
    if compiled.fleet is None:
        return None, compiled.diagnostics
    path = f"/etc/llamafleet/llama-swap/{SERVICE}.yaml"
    artifacts = render(compiled.fleet)[host]
    text = next(each.content for each in artifacts if each.path == path)
    config, found = read_swap_config(Source(path, text), version)
    refused = Diagnostics([each for each in found if each.refused])
    return (None if refused.found else config), tuple(refused)


def compare(
    original: SwapConfig, rendered: SwapConfig, secrets: tuple[Secret, ...] = ()
) -> list[str]:
    """What the rendered configuration means differently; nothing if all is well."""
    chosen = own_ports(original)
    before = meaning(original, chosen)
    after = meaning(rendered, rendered_ports(rendered, original))
    _put_outside(before, secrets)
    return list(differences(before, after))


def _put_outside(tree: dict[str, object], secrets: tuple[Secret, ...]) -> None:
    """The meaning once the keys are where the import says, not in the file."""
    told = {each.value: each.variable for each in secrets}

    def walk(value: object) -> object:
        match value:
            case str() if value in told:
                return f"${{env.{told[value]}}}"
            case list():
                return [walk(each) for each in value]
            case dict():
                return {key: walk(inner) for key, inner in value.items()}
        return value

    for key in ("apiKeys", "peers"):
        tree[key] = walk(tree[key])
    models = tree["models"]
    assert isinstance(models, Mapping)
    for model in models.values():
        model["env"] = {
            name: value for name, value in model["env"].items() if told.get(value) != name
        }

"""From model blocks, `like` and `defaults` to models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..dataclasses import dataclass
from ..diagnostics.model import Label
from ..language.syntax import Block
from .inherit import layered
from .model import Flag, Gguf, Model
from .request_filters import NestedBlocks
from .schema import llama_server
from .schema.block import Fields, read_block
from .schema.model_keys import (
    DEFAULTS,
    LLAMA_SERVER_ONLY,
    MODEL,
    MODEL_TABLE_BLOCKS,
    MODEL_UPSTREAM_PATHS,
    NEVER_INHERITED,
)
from .schema.pass_through import read_values
from .scope import Scope, report_unknown_name


@dataclass(frozen=True, slots=True)
class ModelReader:
    """Reads model blocks with the defaults of a fleet, which are read once."""

    base: Fields | None
    nested: NestedBlocks
    scope: Scope

    def models(self, blocks: Mapping[str, Block]) -> dict[str, Model | None]:
        """Return the models by name in the written order; None for one that cannot be served."""
        return dict(zip(blocks, _models(blocks, self.base, self.nested, self.scope), strict=True))


def model_reader(defaults: Block | None, scope: Scope) -> ModelReader:
    """Return a reader of model blocks; what is wrong in the defaults is reported."""
    base = read_block(defaults, DEFAULTS, scope.diagnostics) if defaults else None
    return ModelReader(base, NestedBlocks(scope.diagnostics), scope)


def _models(
    blocks: Mapping[str, Block], base: Fields | None, nested: NestedBlocks, scope: Scope
) -> Iterator[Model | None]:
    read = {name: read_block(block, MODEL, scope.diagnostics) for name, block in blocks.items()}
    for own in read.values():
        liked = _liked(own, read, scope)
        layers = [(liked, NEVER_INHERITED)] if liked else []
        full = layered(own, *layers)
        if base:
            withheld = _for_llama_server() if "command" in full.values else frozenset[str]()
            full = layered(full, (base, withheld))
        lost = "like" in own.written and liked is None and "gguf" not in own.written
        yield None if lost and "command" not in own.written else _model(own, full, nested, scope)


def _liked(own: Fields, read: Mapping[str, Fields], scope: Scope) -> Fields | None:
    named = own.name("like")
    if named is None:
        return None
    other = read.get(named.text)
    if other is None:
        report_unknown_name("model", read, named, scope.diagnostics)
        return None
    own_name = own.label.text
    if named.text == own_name:
        message = f'model "{own_name}" is like itself'
        scope.diagnostics.error("like-chain", message, named.span, hint="name another model")
        return None
    further = other.name("like")
    if further is not None:
        message = f'model "{named.text}" is itself like "{further.text}"; like cannot be chained'
        scope.diagnostics.error(
            "like-chain",
            message,
            named.span,
            related=(Label(further.span, "like again here"),),
            hint=f'set like = {further.text} and repeat what "{named.text}" changes',
        )
        return None
    return other


def _for_llama_server() -> frozenset[str]:
    return frozenset(llama_server.flags()) | LLAMA_SERVER_ONLY


def _model(own: Fields, full: Fields, nested: NestedBlocks, scope: Scope) -> Model | None:
    pass_through = nested.pass_through(full)
    if not _runs_one_thing(own, full, "cmd" in pass_through, scope):
        return None
    ttl, command = full.seconds("ttl"), full.texts("command")
    if "command" in full.written and "command" in full.values and not command:
        hint = 'name the program and its arguments: command = ["vllm", "serve", ...]'
        message = "command is empty"
        scope.diagnostics.error("wrong-type", message, full.span("command"), hint=hint)
    return Model(
        name=own.label.text,
        aliases=full.texts("aliases"),
        gguf=_gguf_name("gguf", full, scope),
        mmproj=_gguf_name("mmproj", full, scope),
        draft=_gguf_name("draft", full, scope),
        flags=() if command else tuple(_flags(full)),
        extra_args=() if command else full.texts("extra-args"),
        gpus=full.integers("gpus"),
        ttl=ttl,
        title=full.text("name"),
        description=full.text("description"),
        unlisted=full.switch("unlisted"),
        concurrency_limit=full.integer("concurrency-limit"),
        env=tuple(_assignment(text) for text in full.texts("env")),
        command=command,
        stop_command=full.texts("stop-command"),
        health=full.text("health"),
        vram=full.size("vram"),
        origin=own.block.header,
        spans=full.spans | {kind: block.header for kind, block in _nested(full)},
        like=liked.text if (liked := own.name("like")) else None,
        program=full.text("program"),
        port=full.integer("port"),
        proxy=full.text("proxy"),
        use_model_name=full.text("use-model-name"),
        filters=nested.filters(full),
        metadata=nested.metadata(full),
        passed=tuple(
            read_values(
                full, MODEL_UPSTREAM_PATHS, lambda kind: nested.read(full, MODEL_TABLE_BLOCKS[kind])
            )
        ),
        pass_through=pass_through,
    )


def _runs_one_thing(own: Fields, full: Fields, verbatim: bool, scope: Scope) -> bool:
    """Return True if a model has either weights for llama-server or a command, else report it."""
    diagnostics, name = scope.diagnostics, own.label.text
    gguf = "gguf" in full.written and "gguf" not in full.removed
    command = "command" in full.written and "command" not in full.removed
    if verbatim and not gguf and not command:
        return True
    if not gguf and not command and full.has("program") and _names_weights(full):
        return True
    if not gguf and not command:
        message = f'model "{name}" has neither gguf nor command'
        hint = "add gguf = ... for llama-server, or command = [...] for any other server"
        diagnostics.error("missing-key", message, own.block.header, hint=hint)
        return False
    if gguf and command:
        loser = "gguf" if "command" in own.written else "command"
        hint = "remove one of them" if loser in own.written else f"add {loser} = none"
        label = Label(full.span("gguf"), "weights for llama-server")
        message = f'model "{name}" has both gguf and command'
        span = full.span("command")
        diagnostics.error("conflicting-keys", message, span, related=(label,), hint=hint)
        return False
    if verbatim:
        message = (
            f'model "{name}" has both {"gguf" if gguf else "command"} and a cmd in pass-through'
        )
        span = full.blocks["pass-through"].header
        diagnostics.error("conflicting-keys", message, span, hint="remove one of them")
        return False
    if command:
        for key in own.values:
            if key in llama_server.flags() or key in LLAMA_SERVER_ONLY:
                message = f"{key} is a llama-server setting, but this model runs its own command"
                hint = "add it to command as an option of that server"
                diagnostics.error("conflicting-keys", message, own.span(key), hint=hint)
    return full.has("gguf") or full.has("command")


def _nested(full: Fields) -> Iterator[tuple[str, Block]]:
    yield from full.blocks.items()
    yield from ((kind, blocks[0]) for kind, blocks in full.named.items())


WEIGHTS = frozenset(
    {"-m", "--model", "-mu", "--model-url", "-hf", "-hfr", "--hf-repo", "-dr", "--docker-repo"}
)
"""Flags of llama-server that say which weights it loads."""


def _names_weights(full: Fields) -> bool:
    """Return True if extra-args name the weights of a program that is on the host."""
    return any(word in WEIGHTS for word in full.texts("extra-args"))


def _gguf_name(key: str, fields: Fields, scope: Scope) -> str | None:
    named = fields.name(key)
    found: Gguf | None = scope.gguf(named) if named else None
    return found.name if found else None


def _flags(fields: Fields) -> Iterator[Flag]:
    flags, order = llama_server.flags(), llama_server.flag_order()
    for key in sorted(order.keys() & fields.values.keys(), key=order.__getitem__):
        attribute = fields.written[key]
        argv = llama_server.argv(flags[key], attribute.value)
        if argv:
            yield Flag(key, argv, attribute.value.span)


def _assignment(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value

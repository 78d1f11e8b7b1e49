"""Imports one model of a llama-swap configuration as a `model` block."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..fleet.words import Word, split
from ..language.syntax import Attribute, Block, Text
from ..llama_swap.model import Command, SwapConfig, SwapModel
from ..source import Source
from . import model_settings, nodes, upstream_keys
from .free_form import scalars_of
from .import_context import ImportContext
from .locate import located
from .pass_through import HEALTH, URL, VARIABLE, is_representable_command
from .pass_through import block as pass_through
from .pass_through import of_model as passing_of_model
from .representable import is_representable
from .server_command import ServerCommand, parse_server_command

PORT = "${PORT}"
PROXY = re.compile(r"http://(?:localhost|127\.0\.0\.1):([0-9]{1,5})/?")
WEIGHTS = re.compile(r"/\S*")
SERVER_PORT = "8080"
PORT_NUMBER = re.compile(r"[1-9][0-9]{0,4}")
DEFAULT_LIMIT = 10


def model_block(model: SwapModel, config: SwapConfig, context: ImportContext) -> Block:
    """Return the block of one model."""
    report_loss = context.loses(model.id.text)
    passing = list(passing_of_model(model, config, report_loss))
    runs = [*_runs(model, context)]
    entries = [
        *runs,
        *_requests_go(model, context),
        *_env(model),
        *_aliases(model, config, context),
        *model_settings.texts(model),
        *model_settings.switches(model),
        *model_settings.times(model, config),
        *_limit(model, runs),
        *model_settings.timeouts(model.timeouts),
        *model_settings.filters(model.filters, report_loss),
        *model_settings.capabilities(model.capabilities),
        *upstream_keys.settings(model.table, model_settings.PASSED),
    ]
    entries = upstream_keys.merged(
        entries, upstream_keys.blocks(model.table, model_settings.PASSED)
    )
    passing += upstream_keys.in_their_words(model.table, model_settings.PASSED, report_loss)
    if model.metadata is not None:
        entries += model_settings.table("metadata", model.metadata, report_loss)
    entries += pass_through(passing, model.id.span)
    return nodes.block("model", model.id.text, entries, model.id.span)


def _runs(model: SwapModel, context: ImportContext) -> Iterator[nodes.Entry]:
    """Yield what starts the model: flags as keys, or its command as written."""
    command = model.cmd
    words = words_of(command, model.port, context.source) if command else ()
    if command is None or not words:
        return
    parsed = None
    if is_representable_command(
        command
    ):  # else it passes through as it stands, see pass_through.py
        parsed = parse_server_command(words)
        parsed = parsed if parsed is not None and has_weights(parsed) else None
    yield from _port(model, parsed, context)
    if parsed is not None:
        yield from flag_entries(parsed, context)
    elif is_representable_command(command):
        yield nodes.attribute("command", nodes.texts((word.text for word in words), command.span))


def has_weights(parsed: ServerCommand) -> bool:
    """Return True if a command names the weights that it loads."""
    return parsed.model is not None or any(word in LOADS for word in parsed.extra_args)


LOADS = frozenset({"-mu", "--model-url", "-hf", "-hfr", "--hf-repo", "-dr", "--docker-repo"})
FILES = ("model", "mmproj", "draft")


def flag_entries(parsed: ServerCommand, context: ImportContext) -> Iterator[nodes.Entry]:
    """Yield the program, its weights, and its flags as keys."""
    program = parsed.program
    yield nodes.attribute("program", Text(program.text, program.span))
    extra = [word for option in parsed.extra for word in option.words]
    for key, word in zip(FILES, (parsed.model, parsed.mmproj, parsed.draft), strict=True):
        if word is not None and WEIGHTS.fullmatch(word.text):
            yield nodes.attribute("gguf" if key == "model" else key, context.gguf(word))
        elif word is not None:
            # A gguf block names a file by its absolute path; this one is found some other way.
            flag = "--model-draft" if key == "draft" else f"--{key}"
            extra += (Word(flag, word.span), word)
    yield from parsed.keys
    port = parsed.port or Word(SERVER_PORT, program.span)
    if context.shared[port.text] > 1:
        extra += (Word("--port", port.span), port)
    if extra:
        span = parsed.extra[0].span if parsed.extra else program.span
        values = (Text(word.text, word.span) for word in extra)
        yield nodes.attribute("extra-args", nodes.items(values, span))


def _port(
    model: SwapModel, parsed: ServerCommand | None, context: ImportContext
) -> Iterator[nodes.Entry]:
    """Yield the port if its author fixed it, or other texts name it."""
    port = fixed_port(model)
    if model.port is not None:
        if _names_port(model, model.port):
            assert model.cmd is not None
            context.fixed.add(model.port)
            yield nodes.attribute("port", nodes.integer(model.port, model.cmd.span))
    elif port is not None and context.shared[port.text] == 1:
        yield nodes.attribute("port", nodes.integer(int(port.text), port.span))
    elif parsed is not None and port is not None and _goes_home(model, context):
        # Several models take turns on one port, which llamafleet gives to one only.
        yield nodes.attribute("proxy", Text(f"http://127.0.0.1:{port.text}", port.span))


def fixed_port(model: SwapModel) -> Word | None:
    """Return the port that its author chose, by a flag of the server or by the proxy; else None."""
    if model.port is not None or model.cmd is None:
        return None
    parsed = parse_server_command(words_of(model.cmd, None, None))
    if parsed is not None and has_weights(parsed):
        word = parsed.port or Word(SERVER_PORT, parsed.program.span)
        return word if PORT_NUMBER.fullmatch(word.text) else None
    local = PROXY.fullmatch(model.proxy.value) if model.proxy else None
    return Word(local[1], model.proxy.span) if local and model.proxy else None


def _names_port(model: SwapModel, port: int) -> bool:
    """Return True if texts that are kept as written contain the port that llama-swap assigned."""
    values = [value for _, value in model.filters.set_params_by_id]
    values += [each for each in (model.metadata, model.filters.set_params) if each]
    said = (model.name, model.description, model.use_model_name, model.check_endpoint)
    texts = [each.value for each in (*said, *model.env) if each is not None]
    if model.proxy is not None and not _is_url(model, model.proxy.value):
        texts.append(model.proxy.value)
    texts += [str(text) for value in values for text in scalars_of(value)]
    if model.cmd is not None and not is_representable_command(model.cmd):
        return True
    return any(ported(text, port) != text for text in texts)


def _requests_go(model: SwapModel, context: ImportContext) -> Iterator[nodes.Entry]:
    """Yield the address that requests go to, and the health check."""
    proxy, health, stop = model.proxy, model.check_endpoint, model.cmd_stop
    if proxy is not None and _is_url(model, proxy.value) and not _goes_home(model, context):
        yield nodes.attribute("proxy", Text(ported(proxy.value, model.port), proxy.span))
    if health is not None and health.value not in ("", "/health") and _is_path(health.value):
        yield nodes.attribute("health", Text(health.value, health.span))
    if stop is not None and stop.text.strip() and is_representable_command(stop):
        words = words_of(stop, model.port, None)
        yield nodes.attribute("stop-command", nodes.texts((w.text for w in words), stop.span))


def _is_url(model: SwapModel, text: str) -> bool:
    """Return True if a `proxy` can say it; what it cannot passes through."""
    return URL.fullmatch(text) is not None and is_representable(
        ported(text, model.port).replace(PORT, "")
    )


def _goes_home(model: SwapModel, context: ImportContext) -> bool:
    """Return True if requests go to the model's own port, as they do by default."""
    local = PROXY.fullmatch(model.proxy.value) if model.proxy else None
    if local is None:
        return False
    if model.port is not None:
        return local[1] == str(model.port)
    port = fixed_port(model)
    if port is None or port.text != local[1]:
        return False
    return context.shared[port.text] == 1 or _is_lifted(model)


def _is_lifted(model: SwapModel) -> bool:
    parsed = parse_server_command(words_of(model.cmd, None, None)) if model.cmd else None
    return parsed is not None and has_weights(parsed)


def _is_path(text: str) -> bool:
    return HEALTH.fullmatch(text) is not None and is_representable(text)


def words_of(command: Command, port: int | None, source: Source | None) -> tuple[Word, ...]:
    """Split a command into words, with the port that llama-swap assigns as `${PORT}`."""
    texts = [word.text for word in split(command.text, command.span.path)]
    found = located(texts, command.span, source)
    return tuple(Word(ported(word.text, port), word.span) for word in found)


def ported(text: str, port: int | None) -> str:
    """Replace the port of a model by its macro."""
    return text if port is None else re.sub(rf"(?<![0-9]){port}(?![0-9])", PORT, text)


def _env(model: SwapModel) -> Iterator[nodes.Entry]:
    """Yield the environment of the model."""
    if any(
        not VARIABLE.fullmatch(each.value) or not is_representable(each.value) for each in model.env
    ):
        return  # it passes through as it stands
    values = [Text(each.value, each.span) for each in model.env]
    if values:
        yield nodes.attribute("env", nodes.items(values, values[0].span))


def _aliases(model: SwapModel, config: SwapConfig, context: ImportContext) -> Iterator[nodes.Entry]:
    """Yield the aliases; one that is the id of a model never gets a request."""
    ids = {each.id.text for each in config.models}
    values = []
    if not all(is_representable(each.value) for each in model.aliases):
        return
    for each in model.aliases:
        if each.value in ids and context.drops_dead:
            context.loses(model.id.text)(
                f'alias "{each.value}", which is the id of a model', each.span
            )
        else:
            values.append(nodes.named(each.value, each.span))
    if values:
        yield nodes.attribute("aliases", nodes.items(values, values[0].span))


def _limit(model: SwapModel, entries: Sequence[nodes.Entry]) -> Iterator[nodes.Entry]:
    """Yield the concurrency limit: llama-swap's default where llamafleet has another."""
    said = model.concurrency_limit
    if said is not None and said.value > 0:
        yield nodes.attribute("concurrency-limit", nodes.integer(said.value, said.span))
        return
    for entry in entries:
        if isinstance(entry, Attribute) and entry.key.text == "parallel":
            slots = getattr(entry.value, "text", "1")
            if slots not in ("1", "2"):
                limit = nodes.integer(DEFAULT_LIMIT, entry.value.span)
                yield nodes.attribute("concurrency-limit", limit)

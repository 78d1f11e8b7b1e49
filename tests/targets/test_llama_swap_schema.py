"""Whatever is rendered for llama-swap is of one shape: llama-swap itself ignores what it misreads.

The schema is of what llamafleet writes; `pass-through` may add keys that it does not list.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from llamafleet.llama_swap.versions import SINCE

HERE = Path(__file__).parent
SCHEMA: dict[str, Any] = json.loads((HERE / "llama_swap.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
GOLDEN = HERE.parent / "golden"
RENDERED = sorted(GOLDEN.glob("*/*/etc/llamafleet/llama-swap/*.yaml"))


def problems(config: object) -> list[str]:
    return [f"{each.json_path}: {each.message}" for each in VALIDATOR.iter_errors(config)]


def golden() -> Any:
    """A rendered file with a matrix, to break."""
    (path,) = GOLDEN.glob("voice_matrix/*/etc/llamafleet/llama-swap/voice.yaml")
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_schema_itself_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", RENDERED, ids=lambda path: str(path.relative_to(GOLDEN)))
def test_rendered_examples_are_of_the_schema(path: Path) -> None:
    assert problems(yaml.safe_load(path.read_text(encoding="utf-8"))) == []


def test_every_word_is_of_the_schema_but_what_is_passed_through() -> None:
    config = yaml.safe_load((HERE / "every_word.yaml").read_text(encoding="utf-8"))
    del config["logRequests"], config["models"]["verbatim"]["macros"]
    assert problems(config) == []


def _first_model(config: Any) -> Any:
    return next(iter(config["models"].values()))


BREAKS: dict[str, Callable[[Any], object]] = {
    "a key in another spelling": lambda c: c.update(health_check_timeout=90),
    "an id that YAML read as a number": lambda c: c["models"].update({7: _first_model(c)}),
    "a truth that YAML read from a word": lambda c: _first_model(c).update(name=True),
    "a number as text": lambda c: _first_model(c).update(ttl="300"),
    "a model of nothing": lambda c: c["models"].update(empty=None),
    "no digest": lambda c: _first_model(c)["metadata"]["llamafleet"].clear(),
    "env as a mapping": lambda c: _first_model(c).update(env={"A": "b"}),
    "a matrix with groups": lambda c: c.update(groups={"g": {"members": ["chat-small"]}}),
    "sets that would be tried in another order": lambda c: c["matrix"]["sets"].update(first="m1"),
    "a free eviction": lambda c: c["matrix"].update(evict_costs={"m1": 0}),
    "a secret in the file": lambda c: c.update(apiKeys=["sk-123"]),
    "a router without its settings": lambda c: c.update(
        routing={"router": {"use": "matrix", "settings": {"groups": {}}}}
    ),
}


@pytest.mark.parametrize("change", BREAKS.values(), ids=BREAKS.keys())
def test_what_llama_swap_would_misread_is_not_of_the_schema(
    change: Callable[[Any], object],
) -> None:
    config = golden()
    assert problems(config) == []
    change(config)
    assert problems(config) != []


def keys_of(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """Every key that the schema lists, as a path; `*` stands for names of the author's."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    for name, inner in schema.get("properties", {}).items():
        yield f"{path}{name}"
        if name != "metadata":
            yield from keys_of(inner, f"{path}{name}.")
    if isinstance(schema.get("additionalProperties"), dict):
        yield from keys_of(schema["additionalProperties"], f"{path}*.")


def test_llama_swap_knows_every_key_of_the_schema() -> None:
    assert set(keys_of(SCHEMA)) - SINCE.keys() == set()

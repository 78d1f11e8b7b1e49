"""Random configurations, hostile texts among them: what is imported renders to the same meaning."""

from __future__ import annotations

import shlex
from typing import Any

import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from llamafleet.importers.dispatch import ImportOptions, SourceKind, import_source
from llamafleet.importers.proof import broken
from llamafleet.llama_swap.load import read_swap_config
from llamafleet.source import Source

HOSTILE = ["\n", "'", '"', ";", "${X}", "%", "%n", "{", "}", "#", "\\", "$", "&&", "é", " ", "\t"]
WORDS = st.one_of(
    st.sampled_from(["a", "--flag", "-c", "1", "", "x y", "--port", "8080", "a,b"]),
    st.lists(st.sampled_from([*HOSTILE, "a", "b1"]), min_size=1, max_size=4).map("".join),
)
FLAGS = st.sampled_from(
    ["-c 4096", "-ngl 99", "-fa on", "-fa", "--no-mmap", "-np 4", "--host 0.0.0.0", "-a other",
     "--temp 1.0", "-ot a=CPU", "--cpu-moe", "-hf o/r:Q4", "-md /m/d.gguf", "--api-key-file /k"]
)  # fmt: skip
NAMES = st.sampled_from(["a", "b", "qwen/x:7b", "7b", "with space", "A.b-c_d", "none", "é"])
TEXTS = st.one_of(st.sampled_from(["", "plain", "two words", "none", "on"]), WORDS)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 10**6), st.floats(-10, 10), TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(TEXTS.filter(bool), inner, max_size=3)
    ),
    max_leaves=5,
)
SECONDS = st.sampled_from([0, 1, 15, 61, 3600])


@st.composite
def commands(draw: st.DrawFn) -> str:
    port = draw(st.sampled_from(["--port ${PORT}", "--port 9001", ""]))
    if draw(st.booleans()):
        flags = draw(st.lists(FLAGS, max_size=4))
        weights = draw(st.sampled_from(["-m /m/x.gguf", "-m '/m/x y.gguf'", "-m rel.gguf", ""]))
        return " ".join(["/opt/llama-server", weights, port, *flags])
    words = " ".join(shlex.quote(word) for word in draw(st.lists(WORDS, max_size=4)))
    return f"{draw(st.sampled_from(['serve', 'docker run']))} {words} {port}"


@st.composite
def models(draw: st.DrawFn) -> dict[str, Any]:
    some = {
        # None that llama-swap gives to another model: nobody can mean that, for it moves.
        "proxy": st.sampled_from(["http://127.0.0.1:7001", "http://10.0.0.1:80/v1", "http://h:1"]),
        "cmdStop": st.sampled_from(["docker stop x", "kill ${PID}"]),
        "checkEndpoint": st.sampled_from(["/health", "/", "none", "/v1/models"]),
        "ttl": st.sampled_from([-1, 0, 5, 600]),
        "unloadTimeout": SECONDS,
        "aliases": st.lists(TEXTS.filter(bool), max_size=2, unique=True),
        "env": st.lists(TEXTS.map(lambda text: f"NAME={text}"), max_size=2),
        "unlisted": st.booleans(),
        "useModelName": TEXTS,
        "name": TEXTS,
        "description": TEXTS,
        "concurrencyLimit": st.sampled_from([0, 1, 10, 99]),
        "sendLoadingState": st.booleans(),
        "metadata": st.dictionaries(TEXTS.filter(bool), JSON, max_size=3),
        "timeouts": st.fixed_dictionaries({}, optional={"connect": SECONDS, "idleConn": SECONDS}),
        "filters": st.fixed_dictionaries(
            {},
            optional={
                "stripParams": st.sampled_from(["a, b", "", "top_k"]),
                "setParams": st.dictionaries(TEXTS.filter(bool), JSON, max_size=2),
                "setParamsByID": st.dictionaries(
                    st.sampled_from(["${MODEL_ID}:x", "v"]),
                    st.dictionaries(TEXTS.filter(bool), JSON, max_size=2),
                    max_size=1,
                ),
            },
        ),
        "unheardOf": JSON,
    }
    return draw(st.fixed_dictionaries({"cmd": commands()}, optional=some))


@st.composite
def configs(draw: st.DrawFn) -> str:
    tree: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {"models": st.dictionaries(NAMES, models(), min_size=1, max_size=3)},
            optional={
                "healthCheckTimeout": SECONDS,
                "globalTTL": SECONDS,
                "logLevel": st.sampled_from(["debug", "info", "odd"]),
                "logToStdout": st.sampled_from(["proxy", "both"]),
                "startPort": st.sampled_from([5800, 8079, 9000]),
                "includeAliasesInList": st.booleans(),
                "apiKeys": st.just(["key-1", "key-2"]),
            },
        )
    )
    ids = list(tree["models"])
    match draw(st.integers(0, 2)):
        case 1:
            members = draw(st.lists(st.sampled_from(ids), unique=True))
            switches = draw(st.fixed_dictionaries({}, optional={"swap": st.booleans()}))
            tree["groups"] = {"g 1": {"members": members, **switches}}
        case 2:
            names = {f"v{number}": name for number, name in enumerate(ids)}
            sets = {"z": " & ".join(names), "a10": " | ".join(names), "a9": "+z | (+a10 & v0)"}
            tree["matrix"] = {"vars": names, "sets": sets, "evict_costs": {"v0": 7}}
    return str(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(configs(), st.sampled_from([242, 250]))
def test_what_starts_is_imported_and_means_the_same(text: str, version: int) -> None:
    source = Source("config.yaml", text)
    config, found = read_swap_config(source, version)
    assume(config is not None and not any(each.refused for each in found))
    result = import_source(source, SourceKind.LLAMA_SWAP, ImportOptions(version=version))
    assert result.text is not None
    losses = [each.message for each in result.diagnostics if each.code == "not-imported"]
    assume(
        not [
            each
            for each in losses
            if "no effect" not in each
            and "does not know" not in each
            and "a model's id" not in each
        ]
    )
    differences = result.differences()
    # The file does not say where llama-swap itself listens, and a model may have its usual port.
    assume(not any('port 8080 of host "localhost" is used twice' in each for each in differences))
    assert differences == [], result.text


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.one_of(WORDS, FLAGS), max_size=6), st.booleans())
def test_a_command_line_is_run_as_it_was(words: list[str], weights: bool) -> None:
    """Through a fleet file and a unit, every argument comes out as it went in."""
    argv = ["/opt/llama-server", *(["-m", "/m/x.gguf"] if weights else []), *words]
    text = " ".join(shlex.quote(word) for word in argv) + "\n"
    result = import_source(Source("run.sh", text), SourceKind.COMMAND, ImportOptions())
    if any("\n" in word for word in words):
        return  # lines of a script end where they end
    assert result.text is not None
    assert result.failed or broken(result.text) or result.differences() == [], result.text


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.sampled_from(list(SourceKind)))
def test_no_text_is_too_odd(text: str, kind: SourceKind) -> None:
    """Whatever stands in a file, there is an answer and no traceback."""
    import_source(Source("file", text), kind, ImportOptions(read=lambda _: b""))

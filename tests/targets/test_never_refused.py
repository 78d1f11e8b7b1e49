"""A fleet without errors becomes a configuration that llama-swap starts with."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from llamafleet.llama_swap.load import read_swap_config
from llamafleet.plan import plan_host
from llamafleet.source import Source
from tests.targets.compiling import compiled

NAMES = ("a", "b", "c")
# Ids that exist, that a peer has, and that nobody has.
IDS = st.sampled_from([*NAMES, "al", "a:low", "p", "p/x", "x", "sel", "${X}", "no one"])
MEMBERS = st.lists(IDS, max_size=3).map(lambda ids: f"[{', '.join(map(quoted, ids))}]")
SWITCHES = st.sampled_from(["on", "off"])


def quoted(text: str) -> str:
    return f'"{text}"'


def block(head: str, *lines: str) -> str:
    return "\n".join([f"{head} {{", *lines, "}"])


LABELS = st.sampled_from(["one", "al", "a", "(default)", "p", "p/x", "", "x y"]).map(quoted)
GROUPS = st.builds(
    lambda label, models, swap: block(f"group {label}", f"models = {models}", f"swap = {swap}"),
    LABELS, MEMBERS, SWITCHES,
)  # fmt: skip
SELECTORS = st.builds(
    lambda label, how, targets: block(
        f"selector {label}", f"strategy = {how}", f"targets = {targets}"
    ),
    LABELS, st.sampled_from(["warm", "pin", "spillover"]), MEMBERS,
)  # fmt: skip
PROFILES = st.builds(
    lambda label, pin, target: block(
        f"profile {label}", block("pins", f"{quoted(pin)} = {quoted(target)}")
    ),
    LABELS, IDS, IDS,
)  # fmt: skip
PEERS = st.builds(
    lambda label, models, url: block(f"peer {label}", f'proxy = "{url}"', f"models = {models}"),
    st.sampled_from(["p", "q"]),
    MEMBERS,
    st.sampled_from(["http://h", "http://h:99999", "http://%zz", "https://[::1]:8/a b", "http://h:x"]),
)  # fmt: skip
PRIORITIES = st.builds(lambda name: block("priority", f"{quoted(name)} = 3"), IDS)
MATRICES = st.sampled_from(["a & b", "a | b", "a & b & c", "c"]).map(
    lambda expression: block("matrix", f"set s = {expression}")
)
KEYS = st.sampled_from(
    [
        'preload = ["al"]',
        'preload = ["no one"]',
        'upstream-ignore-paths = ["(?=x)"]',
        'upstream-ignore-paths = ["["]',
        'session-id-headers = ["", " "]',
        "api-key-env = [KEY]",
        "capture-buffer = 0",
        "pass-through {\nstore = 1\n}",
        'pass-through {\nx = "${PORT}"\n}',
        'pass-through {\nx {\ny = "${MODEL_ID}"\n}\n}',
        block("performance", "every = 5s"),
    ]
)
MODELS = st.sampled_from(
    [
        "",
        'aliases = ["al"]',
        'aliases = ["p/x"]',
        block('variant "a:low"', "t = 1"),
        block("variant b", "t = 1"),
        block("variant a", "t = 1"),
        'proxy = "http://127.0.0.1:${PORT}"',
        'proxy = "http://h:70000"',
        'use-model-name = ""',
        block("timeouts", "connect = 0s"),
        block("capabilities", "in = []", "context = 0"),
        block("set-params", '"" = null'),
        'env = ["A="]',
        "ttl = 0s",
    ]
)
LINES = st.lists(
    st.one_of(GROUPS, SELECTORS, PROFILES, PEERS, PRIORITIES, MATRICES, KEYS), max_size=4
)


def fleet_text(first: str, second: str, lines: list[str], version: int) -> str:
    """Three models, and a llama-swap that says these lines."""
    models = "\n".join(
        block(f"model {name}", 'command = ["serve", "${PORT}"]', said)
        for name, said in zip(NAMES, (first, second, ""), strict=True)
    )
    head = (f'version = "v{version}"', "host = bare", f"models = [{', '.join(NAMES)}]")
    return models + "\n" + block("llama-swap s", *head, *lines) + "\n"


@given(MODELS, MODELS, LINES, st.sampled_from([211, 230, 242, 250]))
@settings(max_examples=250, deadline=None)
def test_what_is_rendered_is_not_refused(
    first: str, second: str, lines: list[str], version: int
) -> None:
    fleet = compiled(fleet_text(first, second, lines, version)).fleet
    if fleet is None:
        return
    [config, _] = plan_host(fleet, "bare").artifacts
    source = Source("config.yaml", config.content)
    _, found = read_swap_config(source, version, {"KEY": "k"})
    refused = [f"{each.code}: {each.message}" for each in found if each.refused]
    assert not refused, config.content


def test_a_port_outside_of_models_is_refused() -> None:
    [problem] = compiled(fleet_text("", "", ['pass-through {\nx = "${PORT}"\n}'], 250)).diagnostics
    assert problem.code == "llama-swap-macro"
    assert problem.hint == "remove it: only models have a port"


def test_a_selector_is_no_target_though_a_peer_has_its_name() -> None:
    peer = block("peer p", 'proxy = "http://h"', 'models = ["pick"]')
    selector = block("selector pick", "strategy = pin", "targets = [pick]")
    [problem] = compiled(fleet_text("", "", [peer, selector], 242)).diagnostics
    assert problem.code == "unknown-member"
    assert "is a selector" in problem.message

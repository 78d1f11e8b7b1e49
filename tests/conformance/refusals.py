"""Configs that llama-swap refuses, and neighbours that it takes."""

from __future__ import annotations

from tests.conformance.case import Case

TWO = """\
models:
  "a": {cmd: "run", proxy: "http://127.0.0.1:1"}
  "b": {cmd: "run", proxy: "http://127.0.0.1:1"}
"""
ONE = """\
models:
  "a": {cmd: "run", proxy: "http://127.0.0.1:1"}
"""


def model(keys: str) -> str:
    """A config with one model of these keys beside `cmd` and `proxy`."""
    return f'models:\n  "a": {{cmd: "run", proxy: "http://127.0.0.1:1", {keys}}}\n'


def matrix(text: str) -> str:
    """Two models and a matrix."""
    return f"{TWO}matrix:\n{text}"


CONFIGS = {
    "empty file": "",
    "comment only": "# nothing\n",
    "no models": "models: {}\n",
    "unknown keys are ignored": f"{ONE}nonsense: 1\n",
    "unknown model keys are ignored": model("nonsense: 1"),
    "not a mapping": "- a\n",
    "broken yaml": "models: [\n",
    "tab in yaml": "models:\n\ta: 1\n",
    "duplicate top-level key": "models: {}\nmodels: {}\n",
    "duplicate model": f'{ONE}  "a": {{cmd: "run", proxy: "http://127.0.0.1:1"}}\n',
    "duplicate model key": 'models:\n  "a":\n    cmd: "x"\n    cmd: "y"\n',
    "duplicate alias": (
        'models:\n  "a": {cmd: "run", proxy: "http://x", aliases: ["q"]}\n'
        '  "b": {cmd: "run", proxy: "http://x", aliases: ["q"]}\n'
    ),
    "duplicate alias in one model": model('aliases: ["q", "q"]'),
    "alias equal to an id": (
        'models:\n  "a": {cmd: "run", proxy: "http://x", aliases: ["b"]}\n'
        '  "b": {cmd: "run", proxy: "http://x"}\n'
    ),
    "default proxy without a port": 'models:\n  "a": {cmd: "run"}\n',
    "default proxy with a port": 'models:\n  "a": {cmd: "run --port ${PORT}"}\n',
    "port in the proxy alone": 'models:\n  "a": {cmd: "run", proxy: "http://x:${PORT}"}\n',
    "port in the check endpoint alone": model('checkEndpoint: "/h${PORT}"'),
    "pid in the stop command": model('cmdStop: "kill ${PID}"'),
    "pid in the command": 'models:\n  "a": {cmd: "run ${PID}", proxy: "http://x"}\n',
    "unknown macro in the command": 'models:\n  "a": {cmd: "run ${nope}", proxy: "http://x"}\n',
    "unknown macro in env": model('env: ["A=${nope}"]'),
    "unknown macro in metadata": model('metadata: {llamafleet: {digest: "${nope}"}}'),
    "macro with a dot is left alone": model('description: "${a.b}"'),
    "macro broken up": 'models:\n  "a": {cmd: "run $\'\'{nope}", proxy: "http://x"}\n',
    "ttl as text": model('ttl: "60"'),
    "ttl with a unit": model("ttl: 5m"),
    "ttl with a fraction of zero": model("ttl: 60.0"),
    "ttl below -1": model("ttl: -2"),
    "ttl of -1": model("ttl: -1"),
    "command as a list": 'models:\n  "a": {cmd: ["run"], proxy: "http://x"}\n',
    "env as a mapping": model("env: {A: 1}"),
    "env without a value": model('env: ["A"]'),
    "unlisted as text": model('unlisted: "true"'),
    "unlisted yes": model("unlisted: yes"),
    "negative global ttl": f"{ONE}globalTTL: -1\n",
    "negative unload timeout": f"{ONE}unloadTimeout: -1\n",
    "negative unload timeout of a model": model("unloadTimeout: -1"),
    "start port zero": f"{ONE}startPort: 0\n",
    "unknown log target": f"{ONE}logToStdout: loud\n",
    "unknown log level": f"{ONE}logLevel: loud\n",
    "short health check timeout": f"{ONE}healthCheckTimeout: 1\n",
    "matrix without sets": matrix("  vars: {x: a}\n"),
    "matrix with empty sets": matrix("  sets: {}\n"),
    "matrix null": f"{TWO}matrix:\n",
    "set with an empty expression": matrix('  sets: {s: ""}\n'),
    "set of an unknown model": matrix('  sets: {s: "a & c"}\n'),
    "set of an alias": (
        'models:\n  "a": {cmd: "run", proxy: "http://x", aliases: ["q"]}\n'
        'matrix: {sets: {s: "q"}}\n'
    ),
    "set that refers to no set": matrix('  sets: {s: "a & +t"}\n'),
    "sets in a circle": matrix('  sets: {s: "a & +t", t: "b & +s"}\n'),
    "set that refers to itself": matrix('  sets: {s: "a | +s"}\n'),
    "unexpected character": matrix('  sets: {s: "a, b"}\n'),
    "slash in an expression": matrix('  sets: {s: "a/b"}\n'),
    "plus and a blank": matrix('  sets: {s: "a & + t", t: "b"}\n'),
    "missing parenthesis": matrix('  sets: {s: "(a & b"}\n'),
    "surplus parenthesis": matrix('  sets: {s: "a & b)"}\n'),
    "operator at the end": matrix('  sets: {s: "a &"}\n'),
    "operator at the start": matrix('  sets: {s: "| a"}\n'),
    "two operators": matrix('  sets: {s: "a && b"}\n'),
    "two names": matrix('  sets: {s: "a b"}\n'),
    "var of an unknown model": matrix('  vars: {x: c}\n  sets: {s: "a"}\n'),
    "var name with an underscore": matrix('  vars: {x_y: a}\n  sets: {s: "a"}\n'),
    "var name too long": matrix(f'  vars: {{{"x" * 33}: a}}\n  sets: {{s: "a"}}\n'),
    "var name of nine letters": matrix('  vars: {abcdefghi: a}\n  sets: {s: "abcdefghi"}\n'),
    "cost of an unknown model": matrix('  evict_costs: {c: 2}\n  sets: {s: "a"}\n'),
    "cost of zero": matrix('  evict_costs: {a: 0}\n  sets: {s: "a"}\n'),
    "cost below one": matrix('  evict_costs: {a: -3}\n  sets: {s: "a"}\n'),
    "matrix and groups": f'{TWO}matrix: {{sets: {{s: "a"}}}}\ngroups: {{g: {{members: [a]}}}}\n',
    "matrix in both places": (
        f'{TWO}matrix: {{sets: {{s: "a"}}}}\n'
        'routing: {router: {use: matrix, settings: {matrix: {sets: {s: "a"}}}}}\n'
    ),
    "router matrix without one": f"{TWO}routing: {{router: {{use: matrix}}}}\n",
    "router unknown": f"{TWO}routing: {{router: {{use: dice}}}}\n",
    "scheduler unknown": f"{TWO}routing: {{scheduler: {{use: dice}}}}\n",
    "router matrix": (
        TWO + 'routing: {router: {use: matrix, settings: {matrix: {sets: {s: "a & b"}}}}}\n'
    ),
    "member twice in a group": f"{TWO}groups: {{g: {{members: [a, a]}}}}\n",
    "member of two groups": f"{TWO}groups: {{g: {{members: [a]}}, h: {{members: [a]}}}}\n",
    "unknown member of a group": f"{TWO}groups: {{g: {{members: [c]}}}}\n",
    "preload of an unknown model": f"{ONE}hooks: {{on_startup: {{preload: [zzz]}}}}\n",
}

CASES = tuple(Case(name, text) for name, text in CONFIGS.items())

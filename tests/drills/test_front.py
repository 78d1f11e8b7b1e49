"""Drill: a front of another program is one file in targets/, and its name in TARGETS."""

from __future__ import annotations

from pathlib import Path

from .conftest import Tree

TARGET = '''"""relay as a service: a reverse proxy that exists for this drill alone."""

from __future__ import annotations

from ..dataclasses import dataclass
from ..fleet.model import Endpoint, Fleet, Host, ListenAddress, Spans
from ..fleet.schema.block import BlockSchema, Key, read_block
from ..fleet.schema.values import Duration, Listen, Named, Reference
from ..fleet.scope import Scope
from ..fleet.service import Front, Keys, Limit
from ..language.syntax import Block
from ..source import Span
from .plan_types import Artifact, Check, Package, Probe, ServicePlan, Socket, Unit
from .target import Endpoints

UNIT = "relay.service"
CHECK = Check("relay", "/etc/relay/conf.d", ("relay", "--check"))
SCHEMA = BlockSchema(
    kind="relay",
    help="Another reverse proxy.",
    keys=(
        Key("host", Reference("host"), "The machine it runs on.", required=True),
        Key("listen", Listen(), "Where it listens.", required=True),
        Key("upstream", Reference("service"), "What answers.", required=True),
        Key("silence", Duration(1000), "How long that may be silent."),
    ),
)


@dataclass(frozen=True, slots=True)
class Relay:
    """A checked `relay` block."""

    name: str
    hosts: tuple[str, ...]
    listen: ListenAddress
    front: Front
    origin: Span
    spans: Spans
    kind: str = "relay"
    builds: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    keys: Keys = Keys()
    server: None = None


class RelayTarget:
    """See the module."""

    schema = SCHEMA

    def lower(self, block: Block, scope: Scope) -> Relay | None:
        """Resolve the host and take the port."""
        fields = read_block(block, SCHEMA, scope.diagnostics)
        named, upstream = fields.name("host"), fields.name("upstream")
        host = scope.host(named) if named else None
        listen = fields.listen("listen")
        if host is None or upstream is None or listen is None:
            return None
        scope.claim_ports(host.name, 1, listen.port, fields.span("listen"))
        seconds = fields.seconds("silence")
        limit = Limit(seconds, "silence", fields.span("silence")) if seconds else None
        front = Front(upstream, read_timeout=limit)
        name = fields.label.text
        return Relay(name, (host.name,), listen, front, block.header, fields.spans)

    def endpoints(self, service: Relay, fleet: Fleet) -> tuple[Endpoint, ...]:
        """The one address."""
        host = fleet.hosts[service.hosts[0]]
        return (Endpoint(service.name, host.name, host.address, service.listen, UNIT),)

    def plan(
        self,
        service: Relay,
        host: Host,
        fleet: Fleet,
        endpoints: Endpoints,
        memory_max: int | None = None,
    ) -> ServicePlan:
        """One file."""
        listen = service.listen
        behind = endpoints.get(service.front.upstream.text, ())
        text = "".join(f"{each.reached_from(host.name)}:{each.listen.port}\\n" for each in behind)
        path = f"{CHECK.folder}/llamafleet-{service.name}.conf"
        probe = Probe("relay", service.name, UNIT, listen.reached_at, listen.port,
                      health=None, patience=20)  # fmt: skip
        return ServicePlan(
            kind="relay",
            name=service.name,
            artifacts=(Artifact(path, text, reloads=(UNIT,), check=CHECK),),
            units=(Unit(UNIT, "/usr/sbin/relay", managed=False),),
            probes=(probe,),
            user="root",
            sockets=(Socket(UNIT, listen.host, listen.port),),
            packages=(Package("relay", "relay"),),
        )


TARGET = RelayTarget()
'''

FLEET = """fleet 1

host box {
    address = "10.0.0.1"
}

host edge {
    address = "10.0.0.2"
}

build main {
    ref     = "b11434"
    backend = cpu
}

gguf small {
    path = "/models/small.gguf"
}

model chat {
    gguf = small
}

llama-swap voice {
    host   = box
    build  = main
    models = [chat]
    listen = "%s:8080"
}

relay outer {
    host     = edge
    upstream = voice
    listen   = "%s:8000"
    silence  = %s
}
"""
BAD = FLEET % ("127.0.0.1", "0.0.0.0", "5s")
GOOD = FLEET % ("0.0.0.0", "127.0.0.1", "10m")

PLAN = """
import sys
from llamafleet.compiler import compile_file
from llamafleet.plan import plan_host
from llamafleet_roles.service_packages.tasks import packages_to_install
from llamafleet_roles.services.changes import Changes
from llamafleet_roles.services.plan_lines import plan_lines

compiled = compile_file(sys.argv[1])
plan = plan_host(compiled.fleet or compiled.resolved, "edge")
print("packages", *(each.name for each in packages_to_install(plan)))
staged = dict(enumerate(plan.artifacts))
print("".join(plan_lines(plan, plan.artifacts, staged, Changes(), 300)))
"""


def with_relay(tree: Tree) -> None:
    """Change what CONTRIBUTING.md names for a target, and nothing else."""
    tree.write("dsl/llamafleet/targets/relay.py", TARGET)
    path = "dsl/llamafleet/targets/__init__.py"
    tree.replace(
        path,
        "import llama_server, llama_swap, nginx",
        "import llama_server, llama_swap, nginx, relay",
    )
    tree.replace(path, "nginx.TARGET)", "nginx.TARGET, relay.TARGET)")


def test_rules_see_a_new_front(tree: Tree, tmp_path: Path) -> None:
    with_relay(tree)
    fleet = tmp_path / "fleet.fleet"
    fleet.write_text(BAD)
    said = tree.llamafleet("check", str(fleet)).stdout
    assert 'error[unreachable-upstream]: "voice" listens on 127.0.0.1 of host "box"' in said
    assert 'which host "edge" cannot reach' in said
    assert 'can use every path of "voice" through relay "outer" without a key' in said
    assert 'gives up after 5 s, but "voice" may take' in said
    assert "remove silence" in said


def test_an_unknown_upstream_of_a_new_front_is_an_error(tree: Tree, tmp_path: Path) -> None:
    with_relay(tree)
    fleet = tmp_path / "fleet.fleet"
    fleet.write_text(GOOD.replace("upstream = voice", "upstream = vocie"))
    said = tree.llamafleet("check", str(fleet)).stdout
    assert "unknown-name" in said
    assert "vocie" in said


def test_a_new_front_is_drawn_explained_and_planned(tree: Tree, tmp_path: Path) -> None:
    with_relay(tree)
    fleet = tmp_path / "fleet.fleet"
    fleet.write_text(GOOD)
    drawn = tree.llamafleet("map", str(fleet))
    assert drawn.returncode == 0, drawn.stderr
    assert "outer" in drawn.stdout
    assert "10.0.0.1:8080" in drawn.stdout
    explained = tree.llamafleet("explain", "relay.silence")
    assert "How long that may be silent." in explained.stdout
    rendered = tree.llamafleet("render", str(fleet), "--host", "edge")
    assert "/etc/relay/conf.d/llamafleet-outer.conf" in rendered.stdout
    assert "10.0.0.1:8080" in rendered.stdout
    planned = tree.run("-c", PLAN, str(fleet))
    assert planned.returncode == 0, planned.stderr
    lines = planned.stdout.splitlines()
    assert lines[0] == "packages relay"
    assert "check\t/etc/relay/conf.d\trelay\trelay\t--check" in lines
    [health] = [line for line in lines if line.startswith("health\t")]
    assert health.split("\t")[1:6] == ["relay.service", "127.0.0.1", "8000", "-", "20"]


def test_the_types_of_a_new_front_hold(tree: Tree) -> None:
    with_relay(tree)
    done = tree.run("-m", "mypy", "dsl/llamafleet/targets/__init__.py")
    assert done.returncode == 0, done.stdout


def test_a_front_that_is_not_listed_is_noticed(tree: Tree) -> None:
    tree.write("dsl/llamafleet/targets/relay.py", TARGET)
    said = tree.llamafleet("check", str(tree.write("drill.fleet", GOOD)))
    assert said.returncode == 1
    assert "unknown-block" in said.stdout, said.stdout
    done = tree.pytest("tests/test_lists.py")
    assert done.returncode == 1
    assert "not in TARGETS: llamafleet.targets.relay.TARGET" in done.stdout

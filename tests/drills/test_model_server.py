"""Drill: a model server of another program is one file in targets/, and its name in TARGETS.

Its models are counted in memory, or it is said that they are not.
"""

from __future__ import annotations

from pathlib import Path

from .conftest import Tree

COUNTED = """ModelServer(self.unit_settings, self._processes)"""

TARGET = '''"""pond as a service: a server of several models that exists for this drill alone."""

from __future__ import annotations

from collections.abc import Iterator

from ..dataclasses import dataclass
from ..fleet.model import Endpoint, Fleet, Host, ListenAddress, Model, Spans
from ..fleet.schema.block import BlockSchema, Key, read_block
from ..fleet.schema.values import Listen, ListOf, Reference
from ..fleet.scope import Scope
from ..fleet.service import Keys, ModelProcess, ModelServer, UnitSettings
from ..language.syntax import Block
from ..source import Span
from .plan_types import Probe, ServedModel, ServicePlan, Unit
from .process.unit_settings import UNIT_KEYS, read_unit_settings
from .target import Endpoints

UNIT = "pond.service"
DEFAULT = ListenAddress("127.0.0.1", 9000)
SCHEMA = BlockSchema(
    kind="pond",
    help="Another server of models.",
    keys=(
        Key("host", Reference("host"), "The machine it runs on.", required=True),
        Key("listen", Listen(), "Where it listens.", default=DEFAULT),
        Key("models", ListOf(Reference("model")), "What it serves.", required=True),
        *UNIT_KEYS,
    ),
)


@dataclass(frozen=True, slots=True)
class Pond:
    """A checked `pond` block."""

    name: str
    hosts: tuple[str, ...]
    models: tuple[str, ...]
    listen: ListenAddress
    unit_settings: UnitSettings
    origin: Span
    spans: Spans
    kind: str = "pond"
    builds: tuple[str, ...] = ()
    keys: Keys = Keys()
    front: None = None

    @property
    def server(self) -> ModelServer | None:
        """One process of each model, all of them there at a time."""
        return SERVER

    def _processes(self, host: Host, model: Model) -> Iterator[ModelProcess]:
        yield ModelProcess(0, UNIT, model.gpus)


class PondTarget:
    """See the module."""

    schema = SCHEMA

    def lower(self, block: Block, scope: Scope) -> Pond | None:
        """Resolve names, and take the port."""
        fields = read_block(block, SCHEMA, scope.diagnostics)
        named = fields.name("host")
        host = scope.host(named) if named else None
        models = tuple(model for each in fields.names("models") if (model := scope.model(each)))
        if host is None or not models:
            return None
        listen = fields.listen("listen") or DEFAULT
        return Pond(
            name=fields.label.text,
            hosts=(host.name,),
            models=tuple(model.name for model in models),
            listen=listen,
            unit_settings=read_unit_settings(fields),
            origin=block.header,
            spans=fields.spans,
        )

    def endpoints(self, service: Pond, fleet: Fleet) -> tuple[Endpoint, ...]:
        """The one address."""
        host = fleet.hosts[service.hosts[0]]
        return (Endpoint(service.name, host.name, host.address, service.listen, UNIT,
                         models=service.models),)  # fmt: skip

    def plan(
        self,
        service: Pond,
        host: Host,
        fleet: Fleet,
        endpoints: Endpoints,
        memory_max: int | None = None,
    ) -> ServicePlan:
        """A unit of the distribution."""
        listen, served = service.listen, tuple(map(ServedModel, service.models))
        probe = Probe("pond", service.name, UNIT, listen.reached_at, listen.port, served)
        unit = Unit(UNIT, "/usr/bin/pond", managed=False)
        user = service.unit_settings.user
        return ServicePlan("pond", service.name, (), (unit,), (probe,), user=user)


TARGET = PondTarget()
'''

FLEET = """fleet 1

gpu card {
    vendor = nvidia
    arch   = sm_86
    vram   = 12GiB
}

host box {
    gpus = [card]
}

model frog {
    command = ["pond", "frog"]
    gpus    = [0]
    vram    = %s
}

model toad {
    command = ["pond", "toad"]
    gpus    = [0]
    vram    = 8GiB
}

pond garden {
    host   = box
    models = [frog, toad]
    user   = %s
}
"""


def with_pond(tree: Tree, server: str = COUNTED) -> None:
    """Change what CONTRIBUTING.md names for a target, and nothing else."""
    tree.write("dsl/llamafleet/targets/pond.py", TARGET.replace("SERVER", server, 1))
    path = "dsl/llamafleet/targets/__init__.py"
    tree.replace(
        path,
        "import llama_server, llama_swap, nginx",
        "import llama_server, llama_swap, nginx, pond",
    )
    tree.replace(path, "llama_swap.TARGET, ", "llama_swap.TARGET, pond.TARGET, ")


def checked(tree: Tree, tmp_path: Path, vram: str, user: str = "pond") -> str:
    fleet = tmp_path / "fleet.fleet"
    fleet.write_text(FLEET % (vram, user))
    done = tree.llamafleet("check", str(fleet))
    return done.stdout + done.stderr


def test_models_of_a_new_server_are_counted_together(tree: Tree, tmp_path: Path) -> None:
    with_pond(tree)
    said = checked(tree, tmp_path, "8GiB")
    assert 'error[vram-overcommit]: the 2 processes of "garden" need 16.0 GiB on GPU 0' in said
    assert "not checked" not in said


def test_models_of_a_new_server_that_fit_are_no_finding(tree: Tree, tmp_path: Path) -> None:
    with_pond(tree)
    said = checked(tree, tmp_path, "2GiB")
    assert "warning" not in said
    assert "error" not in said


def test_rules_ask_a_new_server_for_its_user(tree: Tree, tmp_path: Path) -> None:
    with_pond(tree)
    said = checked(tree, tmp_path, "2GiB", "root")
    assert 'warning[root-user]: pond "garden" runs as root' in said


def test_a_server_that_does_not_say_what_it_runs_is_reported(tree: Tree, tmp_path: Path) -> None:
    with_pond(tree, server="None")
    said = checked(tree, tmp_path, "8GiB")
    assert 'warning[vram-unknown]: memory of pond "garden" is not checked' in said
    assert "how it runs its models" in said


def test_a_new_server_is_drawn_and_planned(tree: Tree, tmp_path: Path) -> None:
    with_pond(tree)
    checked(tree, tmp_path, "2GiB")
    drawn = tree.llamafleet("map", str(tmp_path / "fleet.fleet"))
    assert drawn.returncode == 0, drawn.stderr
    assert "garden" in drawn.stdout
    assert "frog" in drawn.stdout
    done = tree.run("-m", "mypy", "dsl/llamafleet/targets/__init__.py")
    assert done.returncode == 0, done.stdout


def test_a_server_that_is_not_listed_is_noticed(tree: Tree) -> None:
    tree.write("dsl/llamafleet/targets/pond.py", TARGET.replace("SERVER", COUNTED, 1))
    done = tree.pytest("tests/test_lists.py")
    assert done.returncode == 1
    assert "not in TARGETS: llamafleet.targets.pond.TARGET" in done.stdout

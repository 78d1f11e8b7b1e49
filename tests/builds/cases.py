"""The builds that the slow lane compiles, each with the fleet that asks for it.

Most have a `builder` without a card, and the card on a host that is never reached: a card decides
the architectures, and nothing here needs one.
"""

from __future__ import annotations

from dataclasses import dataclass

REF = "b11434"
SHA256 = "b0a2feb64c6fbd09f12af230734f072dd819ecb0ebd259565e1d6e9c34007e45"


@dataclass(frozen=True, slots=True)
class Card:
    """The card of the host that is never reached."""

    vendor: str
    arch: str
    vram: str = "24GiB"


@dataclass(frozen=True, slots=True)
class Case:
    """One build: `suite` is the Debian of its hosts, `components` what apt needs there.

    `keys` are lines of the build's block. Without a card the builder serves the model itself.
    `serves` asks the rolled-out server for a chat answer; `settings` are lines of its model.
    """

    name: str
    backend: str
    suite: str = "trixie"
    components: str = "main"
    keys: tuple[str, ...] = ()
    card: Card | None = None
    serves: bool = False
    settings: tuple[str, ...] = ()
    environment: str = ""

    def fleet(self, address: str, ssh_config: str) -> str:
        """Return the fleet file, for a builder at this address."""
        cards = ""
        if self.card is not None:
            cards = CARD.format(vendor=self.card.vendor, arch=self.card.arch, vram=self.card.vram)
        return FLEET.format(
            address=address,
            ssh_config=ssh_config,
            cards=cards,
            host="card" if self.card else "maker",
            ref=REF,
            sha256=SHA256,
            backend=self.backend,
            keys="".join(f"    {line}\n" for line in self.keys),
            settings="".join(f"    {line}\n" for line in self.settings),
        )


NON_FREE = "main contrib non-free"

CARD = """
gpu card {{
    vendor = {vendor}
    arch   = {arch}
    vram   = {vram}
}}

host card {{
    address = "192.0.2.1"
    gpus    = [card]
}}
"""

FLEET = """fleet 1

host maker {{
    address    = "{address}"
    ssh-user   = "admin"
    ssh-config = "{ssh_config}"
}}
{cards}
build main {{
    ref     = "{ref}"
    source  = pypi
    sha256  = "{sha256}"
    backend = {backend}
    builder = maker
{keys}}}

gguf small {{
    path = "/models/small.gguf"
    size = 4MB
}}

model chat {{
    gguf     = small
    ctx-size = 1024
    parallel = 1
{settings}}}

llama-server chat {{
    host   = {host}
    build  = main
    model  = chat
    listen = "127.0.0.1:8080"
}}
"""

CASES = (
    Case("cpu", "cpu", serves=True, keys=("rpc     = on",)),
    Case("hip-gfx1201", "hip", suite="forky", card=Card("amd", "gfx1201", "32GiB")),
    Case(
        "vulkan",
        "vulkan",
        serves=True,
        # llama.cpp leaves processors out of its devices, but for those that are asked for.
        settings=('env      = ["GGML_VK_VISIBLE_DEVICES=0"]', "n-gpu-layers = 99"),
        environment="GGML_VK_VISIBLE_DEVICES=0",
    ),
    Case("cuda-sm_61", "cuda", components=NON_FREE, card=Card("nvidia", "sm_61")),
    Case("hip-gfx906", "hip", suite="forky", card=Card("amd", "gfx906", "32GiB")),
    Case("cpu-all-variants", "cpu", serves=True, keys=("cpu-all-variants = on",)),
    Case("cuda-sm_86", "cuda", components=NON_FREE, card=Card("nvidia", "sm_86")),
)
"""The cheapest first: a run that is stopped has what came before."""

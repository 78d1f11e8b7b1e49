"""Block kinds at the top level of a fleet: gpu, host, build, gguf, model and defaults."""

from __future__ import annotations

from ...backends import BACKENDS, VENDORS
from . import llama_server, swap_keys
from .block import BlockSchema, Key
from .pass_through import upstream_paths
from .patterns import (
    ADDRESS,
    ENVIRONMENT,
    HEALTH,
    HF,
    OPTION,
    PATH,
    REF,
    REPOSITORY,
    REPOSITORY_FILE,
    SHA256,
    TOOLKIT,
    URL,
)
from .table import Form
from .values import (
    Choice,
    Duration,
    Integer,
    ListOf,
    Reference,
    Size,
    Switch,
    Text,
    Word,
)

GPU = BlockSchema(
    kind="gpu",
    help="A kind of graphics card.",
    keys=(
        Key("vendor", Choice(*(each.name for each in VENDORS)), "Who made it.", required=True),
        Key("arch", Word(), "Its architecture for the compiler: sm_86, gfx1201, bmg-g21."),
        Key("vram", Size(), "Its memory."),
        Key(
            "reserved",
            Size(),
            "What of its memory models never get: a driver's, or a desktop's.",
            default=0,
        ),
    ),
)

HOST = BlockSchema(
    kind="host",
    help="A machine.",
    keys=(
        Key("address", ADDRESS, "Where it is reached; by default its name."),
        Key("ssh-user", Text(), "User for SSH; by default as ssh_config says."),
        Key("ssh-port", Integer(1, 65535), "Port for SSH."),
        Key("ssh-key", Text(), "File with the private key."),
        Key("ssh-config", Text(), "ssh_config to use, relative to the working directory."),
        Key("ssh-known-hosts", Text(), "File with known host keys."),
        Key("sudo", Switch(), "Become root with sudo.", default=True),
        Key("gpus", ListOf(Reference("gpu")), "Its cards; the position is the device index."),
        Key(
            "gpu-reserved",
            ListOf(Size()),
            "What something else, such as Ollama, holds of each card, by device index.",
        ),
        Key("ram", Size(), "Its main memory."),
        Key("ram-reserved", Size(), "What of it models never get.", default=0),
        Key("disk", Size(), "How much the disk of models-dir holds for weights."),
        Key("groups", ListOf(Word()), "More groups of the inventory that it is in."),
        Key("models-dir", PATH, "Where weights go.", default="/var/lib/llamafleet/models"),
    ),
)

BUILD = BlockSchema(
    kind="build",
    help="A llama.cpp to compile.",
    keys=(
        Key("ref", REF, "What to build.", required=True),
        Key("source", Choice("git", "archive", "pypi"), "Where it comes from.", default="git"),
        Key("url", URL, "Repository or archive; by default upstream's."),
        Key("sha256", SHA256, "Checksum of the archive or source distribution."),
        Key(
            "backend",
            Choice(*(each.name for each in BACKENDS)),
            "What computes.",
            required=True,
        ),
        Key("native", Switch(), "Tune for the CPU of the machine that compiles.", default=False),
        Key("blas", Word(), "BLAS library for prompts on the CPU: openblas, ..."),
        Key("cmake", ListOf(OPTION), "More options for CMake."),
        Key(
            "toolkit",
            TOOLKIT,
            "The CUDA toolkit of the hosts that compile; held against what the cards need.",
        ),
        Key(
            "targets",
            ListOf(Word()),
            "What CMake builds.",
            default=("llama-server", "llama-fit-params"),
        ),
        Key("builder", Reference("host"), "The one host that compiles; others get its result."),
        Key("jobs", Integer(1, 1024), "Compilers at a time; by default by cores and memory."),
    ),
)

GGUF = BlockSchema(
    kind="gguf",
    help="A file of weights: a path that exists on the host, or one of Hugging Face.",
    keys=(
        Key("path", PATH, "Where it lies on the host."),
        Key("hf", HF, "Repository on Hugging Face and quant; which file that is, a lock says."),
        Key("hf-repo", REPOSITORY, "Repository on Hugging Face."),
        Key("hf-file", REPOSITORY_FILE, "File in it."),
        Key("revision", REF, "Branch, tag or commit of the repository.", default="main"),
        Key("sha256", SHA256, "Checksum of the file."),
        Key("size", Size(), "Its size."),
    ),
)

_MODEL_ONLY = (
    Key("like", Reference("model"), "Take what this block does not say from that model."),
    Key("gguf", Reference("gguf"), "Its weights."),
    Key("mmproj", Reference("gguf"), "Its projector for images and sound."),
    Key("draft", Reference("gguf"), "Weights of a small model that drafts tokens."),
    Key(
        "aliases",
        ListOf(Reference("alias")),
        "More ids it answers to; never inherited.",
        upstream="models.*.aliases",
    ),
    Key(
        "name",
        Text(),
        "Name shown in user interfaces. Never inherited.",
        upstream="models.*.name",
        since=134,
    ),
    Key(
        "description",
        Text(),
        "Description in the list of models. Never inherited.",
        upstream="models.*.description",
        since=134,
    ),
    Key(
        "command",
        ListOf(Text()),
        'Another server\'s argv; "${PORT}" stands for its port.',
        upstream="models.*.cmd",
        form=Form.COMMAND_LINE,
    ),
    Key(
        "stop-command",
        ListOf(Text()),
        'What stops it; "${PID}" stands for its process.',
        upstream="models.*.cmdStop",
        since=118,
        form=Form.COMMAND_LINE,
    ),
    *swap_keys.OF_A_MODEL,
)
_INHERITABLE = (
    Key("gpus", ListOf(Integer(0, 63)), "Device indices it may use; by default all."),
    Key("ttl", Duration(), "Unload after this time without a request.", upstream="models.*.ttl"),
    Key(
        "unlisted",
        Switch(),
        "Leave it out of the list of models.",
        default=False,
        upstream="models.*.unlisted",
        since=77,
    ),
    Key(
        "concurrency-limit",
        Integer(1),
        "Most requests at a time; by default by parallel.",
        upstream="models.*.concurrencyLimit",
        since=112,
    ),
    Key("env", ListOf(ENVIRONMENT), "Environment of its process.", upstream="models.*.env"),
    Key("extra-args", ListOf(Text()), "More arguments, as they are."),
    Key(
        "health",
        HEALTH,
        'What answers 200 when it is ready; by default "/health".',
        upstream="models.*.checkEndpoint",
    ),
    Key("vram", Size(), "Memory it was measured to need; beats every estimate."),
    *swap_keys.INHERITABLE,
)
NEVER_INHERITED = frozenset(
    {"like", "aliases", "name", "description", *(key.name for key in swap_keys.OF_A_MODEL)}
)
_NO_FLAG = f", and llama-server {llama_server.PINNED} no flag --{{}}"
LLAMA_SERVER_ONLY = frozenset({"mmproj", "draft", "extra-args", "program"})

MODEL = BlockSchema(
    kind="model",
    help="A name served over the API; every long flag of llama-server is a key, too.",
    keys=(*_MODEL_ONLY, *_INHERITABLE, *llama_server.keys()),
    blocks=(swap_keys.VARIANT, *swap_keys.INHERITABLE_BLOCKS),
    upstream="models.*",
    refused={key: why for key, why in llama_server.refused().items() if key != "port"},
    removable=True,
    not_even=_NO_FLAG,
    free_label=True,
)

MODEL_NEEDS_MORE = {
    "aliases": "held against the ids of other models",
    "command": "an argv, with the model's port",
    "stop-command": "an argv",
    "ttl": "the service's global-ttl where it is not said",
    "concurrency-limit": "by the slots where it is not said",
    "env": "beside what llamafleet sets itself",
    "health": "said for each model, whatever serves it",
    "proxy": "with the model's port",
    "strip-params": "a part of the filters",
}
"""Keys of a model that do not only pass through to llama-swap, and what is done instead."""

MODEL_TABLE_BLOCKS = {block.kind: block for block in MODEL.blocks if block.keys}
"""Blocks of a model whose keys pass through."""

MODEL_UPSTREAM_PATHS = upstream_paths(
    (*_MODEL_ONLY, *_INHERITABLE),
    MODEL_TABLE_BLOCKS.values(),
    below="models.*.",
    besides=MODEL_NEEDS_MORE,
)

DEFAULTS = BlockSchema(
    kind="defaults",
    help="defaults model: what every model of the fleet starts from.",
    keys=(*_INHERITABLE, *llama_server.keys()),
    blocks=swap_keys.INHERITABLE_BLOCKS,
    refused={**MODEL.refused, **{key.name: "set it in each model" for key in _MODEL_ONLY}},
    removable=True,
    not_even=_NO_FLAG,
)

DECLARATIONS = (GPU, HOST, BUILD, GGUF, MODEL, DEFAULTS)

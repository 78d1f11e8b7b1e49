"""Block kinds at the top level of a fleet, besides services: gpu, host, build and gguf."""

from __future__ import annotations

from ...backends import BACKENDS, VENDORS
from .block import BlockSchema, Key
from .model_keys import DEFAULTS, MODEL
from .patterns import (
    ADDRESS,
    DISTRIBUTION,
    GPU_ID,
    HF,
    OPTION,
    PATCH,
    PATH,
    REF,
    REPOSITORY,
    REPOSITORY_FILE,
    SHA256,
    TOOLKIT,
    UPSTREAM_URL,
    URL,
)
from .values import Choice, Integer, Listen, ListOf, Reference, Size, Switch, Text, Word

GPU = BlockSchema(
    kind="gpu",
    help="A model of graphics card.",
    keys=(
        Key(
            "vendor", Choice(*(each.name for each in VENDORS)), "Vendor of the card.", required=True
        ),
        Key("arch", Word(), "Architecture that builds target, such as sm_86, gfx1201 or bmg-g21."),
        Key("vram", Size(), "Memory of the card."),
        Key(
            "reserved",
            Size(),
            "Memory of the card that models never use, such as a driver's or a desktop's.",
            default=0,
        ),
    ),
)

HOST = BlockSchema(
    kind="host",
    help="A machine.",
    keys=(
        Key("address", ADDRESS, "Host name or IP address. Default: the name of the block."),
        Key("ssh-user", Text(), "User for SSH. Default: as in ssh_config."),
        Key("ssh-port", Integer(1, 65535), "Port for SSH. Default: as in ssh_config."),
        Key("ssh-key", Text(), "File with the private key for SSH. Default: as in ssh_config."),
        Key("ssh-config", Text(), "ssh_config file to use, relative to the working directory."),
        Key("ssh-known-hosts", Text(), "known_hosts file to use. Default: as in ssh_config."),
        Key("sudo", Switch(), "Become root with sudo.", default=True),
        Key(
            "distribution",
            DISTRIBUTION,
            "ID and VERSION_ID of its /etc/os-release. Builds are checked against what it has.",
        ),
        Key("gpus", ListOf(Reference("gpu")), "GPUs of the host, in the order of device indices."),
        Key(
            "gpu-ids",
            ListOf(GPU_ID),
            "UUID or PCI address of each of these GPUs, so that an index means the same card after "
            "cards were moved or the machine was started anew. `deploys/discover.py` prints them.",
        ),
        Key(
            "gpu-reserved",
            ListOf(Size()),
            "Memory that other programs, such as Ollama, use on each GPU, by device index.",
        ),
        Key("ram", Size(), "Main memory of the host."),
        Key("ram-reserved", Size(), "Main memory that models never use.", default=0),
        Key("disk", Size(), "Disk space for weights in models-dir."),
        Key("groups", ListOf(Word()), "More inventory groups that contain the host."),
        Key(
            "models-dir",
            PATH,
            "Folder for downloaded weights.",
            default="/var/lib/llamafleet/models",
        ),
        Key(
            "share",
            Choice("lan"),
            "Copy weights from the other hosts that share, and let them copy from this one: each "
            "file is downloaded once for all of them.",
        ),
        Key(
            "share-listen",
            Listen(),
            "Address and port at which the others read weights. Default: port 8970 of address.",
        ),
        Key(
            "mirror",
            UPSTREAM_URL,
            "Server to download weights from instead of Hugging Face, such as an Olah.",
        ),
    ),
)

BUILD = BlockSchema(
    kind="build",
    help="A build of llama.cpp.",
    keys=(
        Key("ref", REF, 'Tag, branch or commit to build, such as "b11434".', required=True),
        Key(
            "kind",
            Choice("source", "release"),
            "Compile the source, or take the archives of upstream's release that fleet.lock names.",
            default="source",
        ),
        Key(
            "source",
            Choice("git", "archive", "pypi"),
            "Origin of the source: a git clone, an archive, or the source distribution on PyPI.",
            default="git",
        ),
        Key("url", URL, "URL of the repository or archive. Default: upstream's."),
        Key("sha256", SHA256, "Checksum of the archive or source distribution."),
        Key(
            "backend",
            Choice(*(each.name for each in BACKENDS)),
            "Backend that is compiled in.",
            required=True,
        ),
        Key("native", Switch(), "Optimise for the CPU of the host that compiles.", default=False),
        Key(
            "cpu-all-variants",
            Switch(),
            "Compile the CPU's part for every generation of processors; the best is taken.",
            default=False,
        ),
        Key(
            "rpc",
            Switch(),
            "Compile ggml's RPC: cards of other hosts can be used, and ggml-rpc-server is built.",
            default=False,
        ),
        Key("blas", Word(), "BLAS library for prompt processing on the CPU, such as openblas."),
        Key("patches", ListOf(PATCH), "Patches for the source, files beside the fleet file."),
        Key("cmake", ListOf(OPTION), 'More options for CMake, such as "-DGGML_CUDA_FA=ON".'),
        Key(
            "toolkit",
            TOOLKIT,
            "CUDA toolkit on the hosts that compile. It is checked against what the GPUs need.",
        ),
        Key(
            "targets",
            ListOf(Word()),
            "CMake targets to build.",
            default=("llama-server", "llama-fit-params"),
        ),
        Key(
            "builder",
            Reference("host"),
            "Host that compiles for all others. Default: each host compiles for itself.",
        ),
        Key(
            "jobs",
            Integer(1, 1024),
            "Number of parallel compile jobs. Default: by cores and memory.",
        ),
        Key(
            "keep",
            Integer(0, 100),
            "Number of earlier builds that stay on a host, so that it can be rolled back.",
            default=2,
        ),
    ),
)

GGUF = BlockSchema(
    kind="gguf",
    help="A file of weights: an existing path on the host, or a file on Hugging Face.",
    keys=(
        Key("path", PATH, "Path of the file on the host."),
        Key(
            "hf",
            HF,
            "Repository on Hugging Face and quantization. `llamafleet lock` finds the file.",
        ),
        Key("hf-repo", REPOSITORY, "Repository on Hugging Face."),
        Key("hf-file", REPOSITORY_FILE, "File in that repository."),
        Key("revision", REF, "Branch, tag or commit of the repository.", default="main"),
        Key("sha256", SHA256, "Checksum of the file."),
        Key("size", Size(), "Size of the file."),
    ),
)

DECLARATIONS = (GPU, HOST, BUILD, GGUF, MODEL, DEFAULTS)

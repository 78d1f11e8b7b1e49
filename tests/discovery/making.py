"""Files and headers of folders that exist on no disk."""

from __future__ import annotations

from collections.abc import Mapping

from llamafleet.discovery.catalogue import Catalogue, catalogue
from llamafleet.discovery.files import Asked, SeenFile
from llamafleet.fleet.observed import ObservedFile, ObservedFolder
from llamafleet.gguf.facts import FileFacts, GgufFacts
from llamafleet.gguf.problem import GgufError
from llamafleet.gguf.tensor import Tensor

FOLDER = "/models"
EVERYTHING = Asked(FOLDER, ("*.gguf",), ())


def facts(
    architecture: str = "llama",
    *,
    name: str = "",
    type: str = "model",
    blocks: int = 2,
    **metadata: int | str | tuple[int, ...],
) -> GgufFacts:
    """The header of a small model; keys of its architecture with `__` for a dot."""
    own: dict[str, int | str | tuple[int, ...]] = {
        "general.type": type,
        "general.name": name,
        "block_count": 2,
        "embedding_length": 64,
        "context_length": 128,
        **{key.replace("__", "."): value for key, value in metadata.items()},
    }
    tensors = tuple(Tensor(f"blk.{n}.attn_q.weight", "F32", (64, 64), 0) for n in range(blocks))
    return GgufFacts(architecture, own, 10, tensors, (FileFacts(0, 1),))


def projector(size: int = 0) -> GgufFacts:
    """The header of a projector that makes embeddings of a size; 0 for one that does not say."""
    return facts("clip", type="mmproj", vision__projection_dim=size)


def seen(*paths: str, size: int = 100, mtime: int = 5) -> tuple[SeenFile, ...]:
    """Files of a folder, each with an inode of its own."""
    return tuple(
        SeenFile(ObservedFile(f"{FOLDER}/{path}", size, mtime), f"1:{path}") for path in paths
    )


def found(
    files: tuple[SeenFile, ...],
    headers: Mapping[str, GgufFacts | GgufError] | None = None,
    before: ObservedFolder | None = None,
    asked: Asked = EVERYTHING,
    asks: list[str] | None = None,
) -> Catalogue:
    """What is made of files; those without a header here are small models."""
    known = headers or {}

    def read(path: str) -> GgufFacts | GgufError:
        if asks is not None:
            asks.append(path)
        return known.get(path.removeprefix(f"{FOLDER}/"), facts())

    return catalogue(asked, files, before, read, lambda name: name in ("llama", "qwen35"))


def names(made: Catalogue) -> dict[str, str]:
    """The models by name, with their first file below the folder."""
    return {each.name: each.path.removeprefix(f"{FOLDER}/") for each in made.folder.models}


def reasons(made: Catalogue) -> dict[str, str]:
    """What was left out, and why."""
    return {each.path.removeprefix(f"{FOLDER}/"): each.reason for each in made.left_out}

"""The configurations that releases of llama-swap refuse: recorded with their texts, or asked.

`python -m tests.conformance.verdicts PROGRAM NUMBER` records what a release says of each text, and
first adds those that are written in `configs/` and not yet recorded. A text that a release was not
asked about has a `-` in its place.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.mutations import BASES, EDGES

RECORDING = Path(__file__).with_name("recordings") / "verdicts.jsonl"
NOT_ASKED = "-"


@dataclass(frozen=True, slots=True)
class RecordedVerdicts:
    """The releases, and the verdict of each on each text, in the same order."""

    releases: tuple[int, ...]
    texts: tuple[str, ...]
    verdicts: tuple[str, ...]

    def of(self, release: int) -> list[tuple[str, bool]]:
        """Return the texts that a release has a verdict on, with True for refused ones."""
        at = self.releases.index(release)
        pairs = zip(self.texts, self.verdicts, strict=True)
        return [(text, said[at] == "1") for text, said in pairs if said[at] != NOT_ASKED]


def recorded() -> RecordedVerdicts:
    """The recording: a line with the releases, then one with verdicts and text for each text."""
    # JSON escapes whatever else would end a line.
    first, *lines = RECORDING.read_text(encoding="ascii").split("\n")[:-1]
    pairs = [json.loads(line) for line in lines]
    return RecordedVerdicts(
        tuple(json.loads(first)), tuple(text for _, text in pairs), tuple(said for said, _ in pairs)
    )


def write(found: RecordedVerdicts) -> None:
    """Keep a recording; a release or a text that is added changes no other."""
    pairs = zip(found.verdicts, found.texts, strict=True)
    lines = [json.dumps(found.releases), *(json.dumps(pair) for pair in pairs)]
    RECORDING.write_text("\n".join(lines) + "\n", encoding="ascii")


def refuses(binary: Path, text: str, directory: Path) -> bool:
    """Return True if a llama-swap ends because of its configuration, before it wants to listen.

    The address is none, so that it ends in any case: a configuration is looked at first.
    """
    config = directory / "config.yaml"
    config.write_bytes(text.encode())
    done = subprocess.run(
        [binary, "-config", config, "-listen", "127.0.0.1:99999"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=directory,
        env={"PATH": "/nonexistent"},
        timeout=60,
        check=False,
    )
    return b"listen tcp: address 99999" not in done.stdout


def judged(binary: Path, texts: Sequence[str], directory: Path) -> str:
    """`1` for each configuration that is refused, `0` for each that is not."""

    def one(number: int) -> str:
        own = directory / str(number)
        own.mkdir()
        return str(int(refuses(binary, texts[number], own)))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return "".join(pool.map(one, range(len(texts))))


def record(binary: Path, release: int) -> None:
    """Ask a release about every text, and keep what it says in the place of what it said before."""
    before = recorded()
    fresh = [text for text in (*BASES, *EDGES.values()) if text not in before.texts]
    texts = (*before.texts, *fresh)
    verdicts = (*before.verdicts, *(NOT_ASKED * len(before.releases) for _ in fresh))
    releases = tuple(sorted({*before.releases, release}))
    with tempfile.TemporaryDirectory() as directory:
        said = judged(binary, texts, Path(directory))
    columns = dict(zip(before.releases, zip(*verdicts, strict=True), strict=True))
    columns[release] = tuple(said)
    rows = zip(*(columns[each] for each in releases), strict=True)
    write(RecordedVerdicts(releases, texts, tuple("".join(row) for row in rows)))


if __name__ == "__main__":
    record(Path(sys.argv[1]), int(sys.argv[2]))

"""How far estimates of memory are from what the real llama-server logged, beside other ways.

    python -m benchmarks.memory

It compares the whole of each device, on the recordings of `tests/memory`: llamafleet's terms, and
the usual rule of thumb, the size of the file and 1 to 4 GB, here with 1 and spread over the cards.
The models are small, so that the rule's error is in MiB rather than in per cent.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from llamafleet.memory.terms import MIB
from tests.memory.recorded import RECORDINGS, estimated, facts

THUMB = 1024.0


def main() -> None:
    """Print the table."""
    rows = list(_rows())
    print(f"{len(rows)} devices of {len(RECORDINGS)} starts of b11434\n")
    print(f"{'':<28}{'median':>10}{'p90':>10}{'lowest':>10}{'highest':>10}   MiB off")
    _line("llamafleet memory", [mine - real for real, mine, _ in rows])
    _line("size of the file + 1 GB", [thumb - real for real, _, thumb in rows])
    print(f"\n{'':<28}{'median':>10}{'p90':>10}{'lowest':>10}{'highest':>10}   % off")
    _line("llamafleet memory", [100 * (mine / real - 1) for real, mine, _ in rows])


def _line(name: str, errors: list[float]) -> None:
    sizes = sorted(map(abs, errors))
    p90 = sizes[int(len(sizes) * 0.9)]
    print(f"{name:<28}{median(sizes):>10.3f}{p90:>10.3f}{min(errors):>10.2f}{max(errors):>10.2f}")


def _rows() -> Iterator[tuple[float, float, float]]:
    """What a device really takes, by llamafleet, and by the rule of thumb; in MiB."""
    for record in RECORDINGS:
        found = estimated(record)
        cards = record["devices"]
        thumb = (facts(record["model"]).tensor_bytes / MIB + THUMB) / max(1, cards)
        for device, logged in record["buffers"].items():
            real = sum(logged.values())
            mine = (found.size(device) - found.size(device, "other")) / MIB
            if real:
                yield real, mine, 0.0 if device == "CPU" and cards else thumb


if __name__ == "__main__":
    main()

"""`python -m tests.fuzz --inputs 100000 importer`: many inputs, and what went wrong with them."""

from __future__ import annotations

import argparse
import sys

from tests.fuzz.readers import READERS, Reader
from tests.fuzz.run import Outcome, random_of, run

BY_NAME = {each.name: each for each in READERS}


def main() -> int:
    """Run the readers that were asked for; 1 if an input failed."""
    asked = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    asked.add_argument("readers", nargs="*", default=list(BY_NAME), metavar="READER",
                       help=f"of {', '.join(BY_NAME)}; by default all")  # fmt: skip
    asked.add_argument("--inputs", type=int, default=10_000, help="how many for each")
    asked.add_argument("--first", type=int, default=0, help="the number of the first input")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--show", type=int, metavar="NUMBER", help="run one input and print it")
    options = asked.parse_args()
    for name in options.readers:
        if name not in BY_NAME:
            asked.error(f'there is no reader "{name}": there is {", ".join(BY_NAME)}')
    if options.show is not None:
        for name in options.readers:
            _show(BY_NAME[name], options.seed, options.show)
        return 0
    failed = 0
    for name in options.readers:
        outcome = run(BY_NAME[name], options.seed, options.first, options.inputs)
        _report(outcome)
        failed += outcome.failed
    return int(failed > 0)


def _show(reader: Reader, seed: int, number: int) -> None:
    made = reader.make(random_of(reader.name, seed, number))
    print(repr(made), file=sys.stderr)
    print(reader.read(made))


def _report(outcome: Outcome) -> None:
    counts = ", ".join(f"{number} {what}" for what, number in outcome.counts.most_common())
    print(
        f"{outcome.reader}: {outcome.inputs} inputs of seed {outcome.seed} in "
        f"{outcome.seconds:.0f} s, slowest {outcome.slowest:.2f} s, {outcome.failed} failed "
        f"({counts})"
    )
    for kind, numbers in sorted(outcome.failures.items(), key=lambda each: -len(each[1])):
        shown = ", ".join(map(str, numbers[:5]))
        print(f"  {len(numbers)} of {kind}: inputs {shown}")
        print("    " + outcome.traces[kind].strip().replace("\n", "\n    "))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

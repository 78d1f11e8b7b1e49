"""A process that outlives the lab's owner just long enough to clean up after it.

It waits for the end of a pipe whose other end only the owner holds. The kernel closes that however
the owner ends, SIGKILL included.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .paths import lab_directory
from .teardown import tear_down

CHECKOUT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Watch:
    """The running watch over one lab."""

    process: subprocess.Popen[bytes]

    def dismiss(self) -> None:
        """End the watch without its cleaning up."""
        if self.process.stdin is not None and not self.process.stdin.closed:
            self.process.stdin.write(b"dismissed")
            self.process.stdin.close()
        self.process.wait()


def start(lab_id: str) -> Watch:
    """Watch over a lab, for the life of this process."""
    command = (sys.executable, "-m", "tests.lab", "reap", lab_id)
    # A session of its own, so that what kills the owner's process group does not kill the watch.
    process = subprocess.Popen(
        command, cwd=CHECKOUT, stdin=subprocess.PIPE, bufsize=0, start_new_session=True
    )
    return Watch(process)


def reap(lab_id: str) -> None:
    """Wait for the owner's end, then tear the lab down unless it was left on purpose."""
    if os.read(sys.stdin.fileno(), 64) != b"dismissed" and lab_directory(lab_id).is_dir():
        tear_down(lab_id)

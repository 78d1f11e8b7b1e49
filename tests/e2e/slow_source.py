"""A source archive in llama.cpp's shape that takes a while to compile: a stand-in for its minutes.

What is tested with it is the role's handling of a build that outlives its rollout; the real
llama.cpp is compiled by the main job.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

CMAKE = """\
cmake_minimum_required(VERSION 3.14)
project(slow C)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
foreach(number RANGE 1 20)
  add_custom_command(OUTPUT step${number} COMMAND sleep 1 COMMAND touch step${number})
  list(APPEND steps step${number})
endforeach()
add_custom_target(steps DEPENDS ${steps})
foreach(name llama-server llama-fit-params)
  add_executable(${name} main.c)
  add_dependencies(${name} steps)
endforeach()
"""

PROGRAM = '#include <stdio.h>\nint main(void) { puts("version: 1 (slow)"); return 0; }\n'


def write_slow_source(path: Path) -> str:
    """Write the archive and return its SHA-256."""
    with tarfile.open(path, "w:gz") as archive:
        for name, text in (
            ("slow/CMakeLists.txt", CMAKE),
            ("slow/main.c", PROGRAM),
            ("slow/ggml/README", "The role looks for this folder.\n"),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return hashlib.sha256(path.read_bytes()).hexdigest()

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

SERVER = r"""
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
/* Answers every request with its version, as far as a test of rollouts needs a llama-server. */
int main(int count, char **words) {
    int port = 8080, on = 1;
    for (int i = 1; i < count; i++) {
        if (!strcmp(words[i], "--version")) return puts("version: VERSION (slow)"), 0;
        if (!strcmp(words[i], "--port") && i + 1 < count) port = atoi(words[i + 1]);
    }
    signal(SIGPIPE, SIG_IGN);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listening, (struct sockaddr *)&at, sizeof at) || listen(listening, 64)) return 1;
    for (;;) {
        char text[65536];
        const char *body = "{\"status\": \"ok\", \"version\": \"VERSION\"}";
        int one = accept(listening, 0, 0);
        if (one < 0) continue;
        if (read(one, text, sizeof text) > 0)
            dprintf(one, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu"
                         "\r\nConnection: close\r\n\r\n%s", strlen(body), body);
        close(one);
    }
}
"""

PROGRAM = '#include <stdio.h>\nint main(void) { puts("version: 1 (slow)"); return 0; }\n'


def write_slow_source(path: Path, *, serves: str = "", steps: int = 20) -> str:
    """Write the archive and return its SHA-256; `serves` makes a server of this version."""
    program = SERVER.replace("VERSION", serves) if serves else PROGRAM
    with tarfile.open(path, "w:gz") as archive:
        for name, text in (
            ("slow/CMakeLists.txt", CMAKE.replace("RANGE 1 20", f"RANGE 1 {steps}")),
            ("slow/main.c", program),
            ("slow/ggml/README", "The role looks for this folder.\n"),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return hashlib.sha256(path.read_bytes()).hexdigest()

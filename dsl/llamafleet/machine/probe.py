"""The probe of a host: one script that asks every source, and the reader of its answer.

The sources are asked side by side and each has a limit, for a tool of a broken driver may hang so
that nothing can end it. An answer is printed as lines that begin with a blank, under a line
`= NAME STATUS`: whatever a tool prints, it cannot look like another's answer.
"""

from __future__ import annotations

from collections.abc import Iterable

from .draft import Draft
from .facts import MachineFacts
from .source import HUNG, MISSING, SLOW, Answer
from .sources import SOURCES

FIRST = "machine 1"
LIMIT = 30
"""Seconds that a source has: nvidia-smi takes some for each card that no program uses."""

SIZE = 400_000
"""Bytes of an answer that are read; a tool that prints without end is cut off here."""

# Waiting is done by looking for files: a process that hangs in the kernel can be left behind, while
# a shell's `wait` for it would never return. `timeout` ends a source and what it started, by KILL
# at once: after TERM it looks whether the shell between them is gone, not what that has started.
_BEGIN = f"""
echo '{FIRST}'
root=$1
export root LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
kept=
for folder in /run /dev/shm /tmp /var/tmp; do
    kept=$(mktemp -d "$folder/llamafleet-probe.XXXXXX" 2>/dev/null) || continue
    head -c 1000000 /dev/zero 2>/dev/null >"$kept/room" && rm "$kept/room" && break
    rm -rf "$kept"
    kept=
done 2>/dev/null
[ -n "$kept" ] || {{ echo '= folder 1'; exit 0; }}
trap 'rm -rf "$kept"' EXIT
names=
ask() {{
    names="$names $1"
    (
        {{
            timeout -s KILL "$limit" sh -c "$2" </dev/null 2>&1
            echo $? >"$kept/$1.status"
        }} | head -c {SIZE} >"$kept/$1"
        mv "$kept/$1.status" "$kept/$1.end"
    ) </dev/null >/dev/null 2>&1 &
}}
"""
_END = """
passed=0
while [ "$passed" -lt $(((limit + 3) * 10)) ]; do
    open=
    for name in $names; do [ -e "$kept/$name.end" ] || open=1; done
    [ -n "$open" ] || break
    sleep 0.1
    passed=$((passed + 1))
done
for name in $names; do
    echo "= $name $(cat "$kept/$name.end" 2>/dev/null || echo 124)"
    tr -cd '\\11\\12\\40-\\176' <"$kept/$name" 2>/dev/null | sed 's/^/ /'
    echo
done
echo '= end 0'
"""


def script(limit: int = LIMIT) -> str:
    """Return the probe for sh; its argument is put before /sys, /proc, /etc and /opt."""
    asked = "".join(f"ask {each.name} {_quoted(each.command)}\n" for each in SOURCES)
    return f"{_BEGIN}limit={limit}\n{asked}{_END}"


def read(lines: Iterable[str]) -> MachineFacts | None:
    """Return the facts of a probe's output, whatever is in it; None if it did not run at all."""
    rows = iter(lines)
    if next(rows, None) != FIRST:
        return None
    answers = _answers(rows)
    draft = Draft()
    for source in SOURCES:
        given = answers.get(source.name)
        if given is None:
            reason = "no folder for temporary files can be written"
            cut = "the answer of the host is cut off"
            draft.not_known(source.name, reason if "folder" in answers else cut)
            continue
        if given.status in SLOW:
            draft.not_known(source.name, HUNG)
        elif given.status and not given.text.strip() and given.status != MISSING:
            draft.not_known(source.name, f"it ended with status {given.status} without a word")
        source.read(given, draft)
    return draft.facts()


def _answers(rows: Iterable[str]) -> dict[str, Answer]:
    """Return the answers by the names of their sources."""
    found: dict[str, Answer] = {}
    name, status, kept = "", 0, list[str]()
    for row in (*rows, "= "):
        if not row.startswith("= "):
            if row.startswith(" "):
                kept.append(row[1:].rstrip("\r"))
            continue
        if name:
            found[name] = Answer(tuple(kept), status)
        name, _, ended = row[2:].partition(" ")
        status, kept = int(ended) if ended.isdigit() else 1, []
    return found


def _quoted(text: str) -> str:
    """Quote for sh."""
    return "'" + text.replace("'", "'\"'\"'") + "'"

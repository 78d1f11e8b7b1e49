"""Text on its way into llama-swap, which replaces `${NAME}` wherever it finds it.

There is no escape, so a command breaks the pattern up between two quoted pieces, which the splitter
joins again: `$''{NAME}`. In other texts nothing can, and what looks like a macro is refused. So is
`${env.NAME}` there: it is replaced in the text of the file, keys included, before that is YAML, and
since there can be several files once more when they have been merged and written out again.
"""

from __future__ import annotations

import re
import shlex

from ..process.command import Groups

ENVIRONMENT = re.compile(r"\$\{env\.[A-Za-z_][A-Za-z0-9_]*\}")
MACRO = re.compile(rf"\$\{{[A-Za-z0-9_-]+\}}|{ENVIRONMENT.pattern}")


def command_lines(groups: Groups, *, keep: str = "") -> tuple[str, ...]:
    """Return an argv as lines of `cmd`; `keep` is a macro that llama-swap shall replace."""
    return tuple(" ".join(_argument(word, keep) for word in group) for group in groups)


def _argument(text: str, keep: str) -> str:
    if keep and keep in text:
        return keep.join(_argument(part, "") if part else "" for part in text.split(keep))
    return shlex.quote(text).replace("${", "$''{")

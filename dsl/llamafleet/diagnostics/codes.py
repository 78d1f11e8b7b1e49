"""Every code a diagnostic can carry: how severe it is unless said otherwise, and what it means.

A code is never renamed, and one that is no longer found stays listed.
"""

from __future__ import annotations

from .model import Severity

E, W = Severity.ERROR, Severity.WARNING

CODES: dict[str, tuple[Severity, str]] = {
    "include-cycle": (E, "A file includes itself, directly or by way of others."),
    "language-version": (
        E,
        "A file does not begin with a language version that this release reads.",
    ),
    "not-text": (E, "A file is not UTF-8 text."),
    "repeated-include": (W, "A file includes the same other file twice."),
    "syntax": (E, "A line does not follow the grammar."),
    "unknown-directive": (E, "A line at top level starts with a word that is no directive."),
    "unreadable-file": (E, "A file cannot be read: it is missing, a directory, or not permitted."),
}

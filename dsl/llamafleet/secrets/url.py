"""Secrets in URLs: the login before the host, and the values of the query."""

from __future__ import annotations

import re

# Up to the last @ before the path: a password may hold one that nobody encoded.
_LOGIN = re.compile(r"(?<=://)[^/\s'\"<>]*@")
_QUERY = re.compile(r"(://[^\s'\"<>?#]*\?)[^\s'\"<>#]+")
_HTTP_LOGIN = re.compile(r"(?i)(https?://)([^/\s]*)@(.*)\Z", re.DOTALL)


def without_secrets(text: str) -> str:
    """Return a URL, or a text with URLs in it, without logins and without values of queries."""
    return _QUERY.sub(r"\1...", _LOGIN.sub("", text))


def split_login(url: str) -> tuple[str, str]:
    """Return an HTTP URL without its login, and the login as `user:password`, "" where it has none.

    The user of an SSH URL is no secret, and stays.
    """
    found = _HTTP_LOGIN.match(url)
    if found is None:
        return url, ""
    scheme, login, rest = found.groups()
    return scheme + rest, login if ":" in login else f"{login}:"

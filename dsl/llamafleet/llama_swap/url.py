"""Addresses that Go's `url.Parse` refuses: the only check llama-swap makes of a proxy."""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")
_BAD_ESCAPE = "% is not followed by two hexadecimal digits"
_USER = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*")
_PORT = re.compile(r"(:[0-9]*)?")
_HOST_MARKS = "!$&'()*+,;=:[]<>\"-_.~"


def problem(text: str) -> str:
    """Return why an address is refused; empty if it is not."""
    if any(ord(each) < 0x20 or ord(each) == 0x7F for each in text):
        return "it contains a control character"
    text, _, fragment = text.partition("#")
    if _ESCAPE.search(fragment):
        return _BAD_ESCAPE
    if text in ("", "*"):
        return ""
    if text[0] == ":":
        return "it starts with a colon instead of a scheme"
    scheme, rest = _split_scheme(text)
    rest = rest.partition("?")[0]
    if not rest.startswith("/"):
        if scheme:
            return ""
        if ":" in rest.split("/")[0]:
            return "it has no scheme, http:// or https://"
    return _hierarchy(scheme, rest)


def _hierarchy(scheme: str, rest: str) -> str:
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        rest = slash + path
        if why := _authority(scheme, authority):
            return why
    return _BAD_ESCAPE if _ESCAPE.search(rest) else ""


def _split_scheme(text: str) -> tuple[str, str]:
    found = re.match(r"([a-zA-Z][a-zA-Z0-9+.-]*):", text)
    return (found[1].lower(), text[found.end() :]) if found else ("", text)


def _authority(scheme: str, text: str) -> str:
    user, at, host = text.rpartition("@")
    if at and (not _USER.fullmatch(user) or _ESCAPE.search(user)):
        return "the part before @ contains an invalid character"
    if (bracket := host.rfind("[")) > 0:
        return "the host name contains a ["
    if bracket == 0:
        return _address(host)
    colon = host.find(":") if scheme in ("http", "https") else host.rfind(":")
    if colon >= 0 and not _PORT.fullmatch(host[colon:]):
        return f'"{host[colon + 1 :]}" is not a port'
    return _host(host)


def _address(host: str) -> str:
    end = host.rfind("]")
    if end < 0:
        return "a ] is missing"
    if not _PORT.fullmatch(host[end + 1 :]):
        return f'"{host[end + 1 :]}" is not a port'
    address, zoned, zone = host[1:end].partition("%25")
    if _ESCAPE.search(zone) or (zoned and not zone):
        return _BAD_ESCAPE
    import ipaddress  # few have an address in brackets

    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return f'"{address}" is not an IPv6 address'
    return ""


def _host(host: str) -> str:
    if _ESCAPE.search(host):
        return _BAD_ESCAPE
    for digits in re.findall(r"%(..)", host):
        if int(digits, 16) < 0x80 and digits != "25":
            return "a host name cannot contain escaped characters"
    for each in host:
        if ord(each) < 0x80 and not (each.isalnum() or each in _HOST_MARKS or each == "%"):
            return f'a host name cannot contain "{each}"'
    return ""

"""The settings of this machine that its lab hosts share: mirror, resolver, certificates, pip.

The hosts reach the package registries as the machine does. All of it is read when a lab starts;
where the machine names no mirror of Debian, debootstrap's own choice is taken.
"""

from __future__ import annotations

import os
import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from llamafleet_roles.pip_settings import settings

from .shell import LabError, run

TOOLS = ("systemd-nspawn", "debootstrap", "ssh", "ssh-keygen", "ip", "iptables", "mount", "unshare")
PIP_KEYS = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout")
CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


def missing() -> tuple[str, ...]:
    """Return what this machine lacks for booting hosts, each with a remedy."""
    problems = [
        f"`{tool}` is not installed (tools/install-system.sh installs it)"
        for tool in TOOLS
        if shutil.which(tool) is None
    ]
    if os.geteuid() != 0:
        problems.insert(0, "booting hosts needs root (run it with sudo)")
    return tuple(problems)


def mirrors(apt: Path = Path("/etc/apt")) -> tuple[str, ...]:
    """The package mirrors of apt's configuration, in its order, without repetition."""
    found = []
    for path in sorted((apt / "sources.list.d").glob("*.sources")):
        text = re.sub(r"(?m)^#.*\n?", "", path.read_text(errors="replace"))
        for stanza in re.split(r"\n\s*\n", text):
            if not re.search(r"(?mi)^enabled:\s*no", stanza):
                found += re.findall(r"(?mi)^URIs:\s*(.+)$", stanza)
    for path in (apt / "sources.list", *sorted((apt / "sources.list.d").glob("*.list"))):
        text = path.read_text(errors="replace") if path.is_file() else ""
        found += re.findall(r"(?m)^deb\s+(?:\[[^\]]*\]\s*)?(\S+)", text)
    words = (word.rstrip("/") for line in found for word in line.split())
    return tuple(dict.fromkeys(word for word in words if word.startswith("http")))


def mirror_of(release: str) -> str | None:
    """The machine's first mirror that answers for a release of Debian (`trixie-security`)."""
    for mirror in mirrors():
        try:
            with urllib.request.urlopen(
                f"{mirror}/dists/{release}/InRelease", timeout=20
            ) as answer:
                # Ubuntu's mirrors answer for no Debian release, a captive portal for any.
                if b"Origin: Debian" in answer.read(4096):
                    return mirror
        except (urllib.error.URLError, TimeoutError, OSError):
            continue
    return None


def apt_sources(suite: str) -> str | None:
    """The hosts' debian.sources: the suite, with its updates where a mirror has them.

    None where the machine names no mirror: hosts then keep the one that debootstrap gave them.
    """
    main = mirror_of(suite)
    if main is None:
        return None
    security = mirror_of(f"{suite}-security")
    stanza = (
        "Types: deb\nURIs: {}\nSuites: {}\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
    )
    stanzas = [stanza.format(main, suite)]
    if security is not None:
        stanzas.append(stanza.format(security, f"{suite}-security"))
    return "\n".join(stanzas)


def apt_options() -> str:
    """Return apt options: the machine's own (proxies, dated mirrors), and to keep downloads."""
    wanted = re.compile(r"Acquire::(Check-\S+|https?::\S+|ForceIPv4|Retries) ")
    lines = [line for line in run("apt-config", "dump").splitlines() if wanted.match(line)]
    return (
        "\n".join([*lines, 'APT::Keep-Downloaded-Packages "true";', 'Acquire::Languages "none";'])
        + "\n"
    )


def resolver() -> str:
    """The nameservers as a resolv.conf that also works away from this machine's loopback."""
    paths = (Path("/etc/resolv.conf"), Path("/run/systemd/resolve/resolv.conf"))
    for path in paths:
        text = path.read_text() if path.is_file() else ""
        servers = nameservers(text)
        if servers and not any(server.startswith("127.") for server in servers):
            return text
    raise LabError(
        "every nameserver in /etc/resolv.conf is on the loopback, which lab hosts cannot reach"
    )


def nameservers(resolv_conf: str) -> tuple[str, ...]:
    """The addresses that a resolv.conf names."""
    return tuple(re.findall(r"(?m)^nameserver\s+(\S+)", resolv_conf))


def pip_configuration() -> str:
    """The machine's choice of package index for pip, as a pip.conf; local paths are left out."""
    values = settings()
    lines = [f"{key} = {values[key]}" for key in PIP_KEYS if key in values]
    return "\n".join(["[global]", f"cert = {CA_BUNDLE}", *lines]) + "\n"


def environment() -> str:
    """An /etc/environment: proxies, and certificates where the machine trusts some of its own."""
    return "".join(f"{name}={value}\n" for name, value in _environment())


def _environment() -> Iterator[tuple[str, str]]:
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        for spelling in (name, name.upper()):
            if value := os.environ.get(spelling):
                yield spelling, value
    if any(Path("/usr/local/share/ca-certificates").glob("*.crt")):
        for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
            yield name, CA_BUNDLE

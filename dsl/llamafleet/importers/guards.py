"""Settings of a unit that protect its process, compared with those of the rendered unit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .unit_file import UnitSetting

SWITCHES = frozenset({
    "NoNewPrivileges", "PrivateTmp", "PrivateDevices", "PrivateNetwork", "PrivateUsers",
    "PrivateIPC", "PrivateMounts", "PrivatePIDs", "ProtectKernelTunables", "ProtectKernelModules",
    "ProtectKernelLogs", "ProtectControlGroups", "ProtectClock", "ProtectHostname",
    "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID", "LockPersonality",
    "MemoryDenyWriteExecute", "RemoveIPC", "MountAPIVFS", "DynamicUser",
})  # fmt: skip
"""Guards that are on or off."""
GRADES = {
    "ProtectSystem": ("no", "yes", "full", "strict"),
    "ProtectHome": ("no", "read-only", "tmpfs", "yes"),
    "ProtectProc": ("default", "noaccess", "ptraceable", "invisible"),
    "ProcSubset": ("all", "pid"),
    "DevicePolicy": ("auto", "closed", "strict"),
    "KeyringMode": ("inherit", "shared", "private"),
}
"""Guards with several grades, the weakest first."""
ALLOWED = frozenset({"RestrictAddressFamilies", "CapabilityBoundingSet"})
"""Lists of what a process may have: fewer is stricter."""
OTHERS = frozenset({
    "IPAddressDeny", "IPAddressAllow", "SocketBindDeny", "SocketBindAllow",
    "RestrictNetworkInterfaces", "IPIngressFilterPath", "IPEgressFilterPath", "SystemCallFilter",
    "SystemCallArchitectures", "RestrictFileSystems", "DeviceAllow", "InaccessiblePaths",
    "ReadOnlyPaths", "NoExecPaths", "TemporaryFileSystem", "RootDirectory", "RootImage", "UMask",
    "SecureBits", "LoadCredential", "LoadCredentialEncrypted", "SetCredential",
    "SetCredentialEncrypted", "ImportCredential", "AppArmorProfile", "SELinuxContext",
    "SmackProcessLabel", "NetworkNamespacePath", "MemoryMax", "MemoryHigh", "TasksMax",
    "CPUQuota", "PAMName", "JoinsNamespaceOf", "AssertPathExists", "AssertPathIsEncrypted",
})  # fmt: skip
"""Guards that are the same, or are missing."""
GUARDS = SWITCHES | GRADES.keys() | ALLOWED | OTHERS
_ON = frozenset({"1", "yes", "true", "on", "y", "t"})
_OFF = frozenset({"0", "no", "false", "off", "n", "f"})


def missing(theirs: Sequence[UnitSetting], ours: Sequence[UnitSetting]) -> Iterator[UnitSetting]:
    """Yield the settings that protect a process and that the rendered unit lacks."""
    said: dict[str, list[str]] = {}
    for each in ours:
        said.setdefault(each.key, []).append(each.value)
    for each in theirs:
        if each.section == "Service" and each.key in GUARDS and not _kept(each, said):
            yield each


def _kept(setting: UnitSetting, ours: dict[str, list[str]]) -> bool:
    key, value = setting.key, setting.value
    mine = ours.get(key, [])
    if key == "DynamicUser":
        return _plain(value) == "no" or ours.get("User", ["root"])[-1] not in ("root", "0")
    if key in SWITCHES:
        return _plain(value) == "no" or (bool(mine) and _plain(mine[-1]) == "yes")
    if key in GRADES:
        order = GRADES[key]
        wanted, has = _plain(value), _plain(mine[-1]) if mine else order[0]
        return wanted in order and has in order and order.index(has) >= order.index(wanted)
    if key in ALLOWED:
        return bool(mine) and _allows_less(value, mine)
    if key == "UMask":
        return bool(mine) and _masks(value, mine[-1])
    if key == "ReadOnlyPaths" and ours.get("ProtectSystem") == ["strict"]:
        return "ReadWritePaths" not in ours
    return value in mine


def _plain(value: str) -> str:
    word = value.strip().lower()
    return "yes" if word in _ON else "no" if word in _OFF else word


def _allows_less(theirs: str, ours: list[str]) -> bool:
    mine = set(" ".join(ours).split())
    named = set(theirs.lstrip("~").split())
    return not mine & named if theirs.startswith("~") else mine <= named


def _masks(theirs: str, ours: str) -> bool:
    if not (re.fullmatch("[0-7]+", theirs) and re.fullmatch("[0-7]+", ours)):
        return False
    return int(theirs, 8) & ~int(ours, 8) == 0

"""Keys about systemd units, which every service with processes of its own has."""

from __future__ import annotations

from ...fleet.schema.block import Fields, Key
from ...fleet.schema.values import Choice, Duration, Pattern, Word
from ...fleet.service import UnitSettings as UnitSettings
from ..paths import USER

RESTART = Choice(
    "no", "on-success", "on-failure", "on-abnormal", "on-watchdog", "on-abort", "always"
)
FILE = Pattern(r"/\S*[^\s\\]", "an absolute path without blanks in quotes")

UNIT_KEYS = (
    Key("user", Word(), "Unix user that the processes run as.", default=USER, upstream="User"),
    Key("group", Word(), "Unix group. Default: the user's own.", upstream="Group"),
    Key(
        "restart",
        RESTART,
        "When systemd restarts a process that has ended.",
        default="always",
        upstream="Restart",
    ),
    Key(
        "restart-sec",
        Duration(),
        "Time systemd waits before a restart.",
        default=5000,
        upstream="RestartSec",
    ),
    Key(
        "environment-file",
        FILE,
        "File on the host with NAME=value lines, the place for secrets.",
        upstream="EnvironmentFile",
    ),
)


def read_unit_settings(fields: Fields) -> UnitSettings:
    """Return the values of UNIT_KEYS."""
    return UnitSettings(
        user=fields.text("user") or USER,
        group=fields.text("group"),
        restart=fields.text("restart") or "always",
        restart_sec=fields.seconds("restart-sec") or 0,
        environment_file=fields.text("environment-file"),
    )

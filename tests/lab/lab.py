"""A lab: hosts with systemd on a network of their own, brought up and torn down as one."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from . import machine, network, packages, record, watch
from .furnish import LabSettings, furnish
from .gpus import put_gpus
from .hosts import Host, HostSpec
from .image import base_image
from .mounts import mount_overlay
from .paths import lab_directory, labs_directory
from .record import Record
from .shell import LabError
from .ssh import make_key, write_config
from .teardown import sweep, tear_down

Say = Callable[[str], None]


class Lab:
    """Hosts that live as long as the `with` block, and end with this process even when killed."""

    def __init__(
        self,
        hosts: Iterable[str | HostSpec] = ("alpha", "beta"),
        *,
        suite: str = "trixie",
        say: Say = lambda line: None,
    ) -> None:
        """Names stand for plain hosts of `suite`; `say` is told what takes time."""
        self.specs = tuple(
            HostSpec(host, suite) if isinstance(host, str) else host for host in hosts
        )
        self._say = say
        self._record: Record | None = None
        self._watch: watch.Watch | None = None

    def __enter__(self) -> Lab:
        self.up()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.down()

    @property
    def record(self) -> Record:
        """Return the record of the running lab; raise an error before `up` and after `down`."""
        if self._record is None:
            raise LabError("the lab is not up")
        return self._record

    @property
    def id(self) -> str:
        """The lab's id, which is part of the name of everything it made."""
        return self.record.lab_id

    @property
    def hosts(self) -> tuple[Host, ...]:
        """The hosts, in the order in which they were asked for."""
        return self.record.hosts

    @property
    def ssh_config(self) -> Path:
        """The configuration with which ssh, pyinfra and testinfra reach the hosts by name."""
        return lab_directory(self.id) / "ssh" / "ssh_config"

    @property
    def known_hosts(self) -> Path:
        """The host keys, for what does not read them through ssh_config."""
        return self.ssh_config.parent / "known_hosts"

    @property
    def gateway(self) -> str:
        """This machine's address as the hosts see it; servers for them listen here."""
        return network.gateway(self.record.network)

    def host(self, name: str) -> Host:
        """The host called `name`."""
        for host in self.hosts:
            if host.name == name:
                return host
        raise LabError(
            f"no host `{name}`: the lab has {', '.join(host.name for host in self.hosts)}"
        )

    def up(self) -> None:
        """Make and boot all hosts; when that fails, nothing of them is left."""
        if problems := machine.missing():
            raise LabError("this machine cannot run lab hosts: " + "; ".join(problems))
        _check(self.specs)
        sweep()
        images = {spec.suite: base_image(spec.suite, self._say) for spec in self.specs}
        lab_id = _claim_id()
        # Watched before it is recorded: whoever finds a record finds somebody who cleans up.
        self._watch = watch.start(lab_id)
        try:
            record.save(Record(lab_id, "", (), record.this_process()))
            self._record = _build(lab_id, self.specs, images)
            self._boot()
        except BaseException:
            self.down(lab_id)
            raise

    def leave_running(self) -> None:
        """Let the lab live on after this process, until `python -m tests.lab down`."""
        self._record = replace(self.record, owner=None)
        record.save(self._record)
        if self._watch is not None:
            self._watch.dismiss()

    def down(self, lab_id: str | None = None) -> None:
        """Tear everything down; without a lab this does nothing."""
        if lab_id is None and self._record is not None:
            lab_id = self.id
        if lab_id is not None:
            tear_down(lab_id)
        if self._watch is not None:
            self._watch.dismiss()
        self._record = self._watch = None

    def _boot(self) -> None:
        names = ", ".join(spec.name for spec in self.specs)
        self._say(f"booting {names}")
        started = time.monotonic()
        for host in self.hosts:
            host.power_on()
        for host in self.hosts:
            host.wait_until_up()
        self._say(f"up after {time.monotonic() - started:.1f} s")


def _check(specs: tuple[HostSpec, ...]) -> None:
    names = [spec.name for spec in specs]
    if not names:
        raise LabError("a lab needs at least one host")
    if len(names) > 100:
        raise LabError("a lab has at most 100 hosts")
    for name in names:
        # It becomes part of paths, of ssh_config and of /etc/hosts.
        if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", name):
            raise LabError(
                f"`{name}` is not a host name: letters a-z, digits and inner hyphens, at most 32"
            )
        if names.count(name) > 1:
            raise LabError(f"two hosts are called `{name}`")


def _claim_id() -> str:
    """A new lab's id and directory; making the directory is what claims the id."""
    labs_directory().mkdir(parents=True, exist_ok=True)
    while True:
        lab_id = secrets.token_hex(2)
        try:
            lab_directory(lab_id).mkdir(mode=0o711)
        except FileExistsError:
            continue
        return lab_id


def _build(lab_id: str, specs: tuple[HostSpec, ...], images: dict[str, Path]) -> Record:
    """Everything up to the moment of booting."""
    directory = lab_directory(lab_id)
    net = network.create(lab_id)
    make_key(directory / "ssh/key", f"lab {lab_id}")
    addresses = {spec.name: network.host_address(net, n) for n, spec in enumerate(specs, start=1)}
    around = LabSettings(net, addresses, (directory / "ssh/key.pub").read_text())
    layers = {suite: packages.lay_out(directory / "packages" / suite, suite) for suite in images}
    hosts, keys = [], []
    for number, spec in enumerate(specs, start=1):
        own = directory / "hosts" / spec.name
        mount_overlay(
            own / "root", (layers[spec.suite], images[spec.suite]), own / "upper", own / "work"
        )
        keys.append(furnish(own / "root", spec.name, spec.suite, around))
        put_gpus(spec.gpus, own / "root")
        hosts.append(Host(spec, lab_id, number, addresses[spec.name]))
    write_config(
        directory / "ssh",
        tuple((host.name, host.address, key) for host, key in zip(hosts, keys, strict=True)),
    )
    made = Record(lab_id, net, tuple(hosts), record.this_process())
    record.save(made)
    return made

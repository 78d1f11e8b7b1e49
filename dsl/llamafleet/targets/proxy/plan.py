"""The plan of a reverse proxy: one file, and a probe."""

from __future__ import annotations

from ...fleet.model import Endpoint, Host
from ..plan_types import Artifact, Check, Package, Probe, ServedModel, ServicePlan, Socket, Unit
from ..writers.nginx_conf import to_nginx
from .directives import directives
from .site import UNIT, Site

KIND = "nginx"
FOLDER = "/etc/nginx/conf.d"
CHECK = Check(KIND, FOLDER, ("nginx", "-t", "-q"))
PATIENCE = 20
"""Seconds within which nginx listens, or never will."""
HEADER = ("Managed by llamafleet: edits here are overwritten.",)


def plan_site(site: Site, host: Host, behind: tuple[Endpoint, ...]) -> ServicePlan:
    """Return the site as a file, which nginx reads again when it changes."""
    artifact = Artifact(
        path=f"{FOLDER}/llamafleet-{site.name}.conf",
        content=to_nginx(directives(site, behind), header=HEADER),
        reloads=(UNIT,),
        check=CHECK,
    )
    ids = dict.fromkeys(model for endpoint in behind for model in endpoint.models)
    guarded = next((each for each in behind if each.key), None)
    probe = Probe(
        kind=KIND,
        service=site.name,
        unit=UNIT,
        address=site.listen.reached_at,
        port=site.listen.port,
        models=tuple(ServedModel(each) for each in ids),
        key=guarded.key if guarded else None,
        key_file=guarded.key_file if guarded and guarded.host == host.name else None,
        # It passes every path on: that it listens is all it can say for itself.
        health=None,
        patience=PATIENCE,
    )
    return ServicePlan(
        kind=KIND,
        name=site.name,
        artifacts=(artifact,),
        units=(Unit(UNIT, "/usr/sbin/nginx", managed=False),),
        probes=(probe,),
        user="root",
        sockets=(Socket(UNIT, site.listen.host, site.listen.port),),
        packages=(Package(KIND, KIND),),
    )

"""The checked model of a fleet: what its files declare, and all of it together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..dataclasses import dataclass, field
from .declared import NO_SPANS as NO_SPANS
from .declared import Asset as Asset
from .declared import Build as Build
from .declared import Filters as Filters
from .declared import Flag as Flag
from .declared import Gguf as Gguf
from .declared import GgufFile as GgufFile
from .declared import GpuType as GpuType
from .declared import Host as Host
from .declared import Model as Model
from .declared import Patch as Patch
from .declared import Spans as Spans
from .declared import Ssh as Ssh
from .endpoint import Endpoint as Endpoint
from .endpoint import ListenAddress as ListenAddress
from .json_types import NOTHING as NOTHING
from .json_types import Json as Json
from .json_types import JsonObject as JsonObject
from .observed import NOTHING_OBSERVED, Observations
from .service import Service as Service

if TYPE_CHECKING:
    from ..gguf.facts import GgufFacts
    from .schema.flag_tables import FlagTables


@dataclass(frozen=True, slots=True)
class Fleet:
    """All that one fleet file and its includes describe; mappings keep the written order.

    `llama_cpp` is the release that programs without a build are taken to be, where it is known.
    `facts` are what the headers of weights say, by the names of their blocks, as far as a lock
    knows them; `measured` is what it says that hosts were seen to do. `flag_tables` are the flags
    of builds that it knows besides those that everybody knows; None without any. `observed` is what
    hosts were seen to have in folders that are discovered.
    """

    path: str
    gpus: Mapping[str, GpuType]
    hosts: Mapping[str, Host]
    builds: Mapping[str, Build]
    ggufs: Mapping[str, Gguf]
    models: Mapping[str, Model]
    services: Mapping[str, Service]
    llama_cpp: str | None = None
    facts: Mapping[str, GgufFacts] = field(default_factory=dict)
    measured: JsonObject = field(default_factory=dict)
    flag_tables: FlagTables | None = None
    observed: Observations = NOTHING_OBSERVED

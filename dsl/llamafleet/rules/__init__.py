"""Checks over the whole fleet, one file each, listed in RULES."""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostics.model import Diagnostic
from .alias_conflict import alias_conflict
from .build_feature import build_feature
from .build_toolchain import build_toolchain
from .context import RuleContext
from .context_per_slot import context_per_slot
from .disk_overcommit import disk_overcommit
from .driver_conflict import driver_conflict
from .exposed import exposed
from .flag_table import flag_table
from .flag_value import flag_value
from .gpu_arch import gpu_arch
from .gpu_backend import gpu_backend
from .gpu_ids import gpu_ids
from .gpu_index import gpu_index
from .gpu_shared import gpu_shared
from .ignored_flag import ignored_flag
from .measured_differs import measured_differs
from .overridden_flag import overridden_flag
from .preload import preload
from .quantised_cache import quantised_cache
from .ram_overcommit import ram_overcommit
from .redundant_set import redundant_set
from .refused_config import refused_config
from .repeated_flag import repeated_flag
from .reserved_name import reserved_name
from .root_user import root_user
from .rule import Rule
from .set_tie import set_tie
from .short_timeout import short_timeout
from .split_mode import split_mode
from .tensor_split import tensor_split
from .unknown_flag import unknown_flag
from .unreachable_upstream import unreachable_upstream
from .unset_variable import unset_variable
from .unused_definition import unused_definition
from .visible_devices import visible_devices
from .vram_overcommit import vram_overcommit
from .vram_unit import vram_unit
from .vram_unknown import vram_unknown

RULES: tuple[Rule, ...] = (
    alias_conflict,
    build_feature,
    build_toolchain,
    context_per_slot,
    disk_overcommit,
    driver_conflict,
    exposed,
    flag_table,
    flag_value,
    gpu_arch,
    gpu_backend,
    gpu_ids,
    gpu_index,
    gpu_shared,
    ignored_flag,
    measured_differs,
    overridden_flag,
    preload,
    quantised_cache,
    ram_overcommit,
    redundant_set,
    refused_config,
    repeated_flag,
    reserved_name,
    root_user,
    set_tie,
    short_timeout,
    split_mode,
    tensor_split,
    unknown_flag,
    unreachable_upstream,
    unset_variable,
    unused_definition,
    visible_devices,
    vram_overcommit,
    vram_unit,
    vram_unknown,
)
"""Every rule; they see a fleet without errors."""


def findings(context: RuleContext) -> Iterator[Diagnostic]:
    """Yield the findings of all rules; one that several models inherit is yielded once."""
    yield from dict.fromkeys(each for rule in RULES for each in rule.check(context))

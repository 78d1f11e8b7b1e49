"""Cards of other hosts through ggml's RPC, beside a build's own backend."""

from .addition import Addition

RPC = Addition(
    name="rpc",
    # RDMA is compiled in where libibverbs happens to be installed: off, so that every host agrees.
    cmake=("-DGGML_RPC=ON", "-DGGML_RPC_RDMA=OFF"),
    off=("-DGGML_RPC=OFF",),
    targets=("ggml-rpc-server",),
)

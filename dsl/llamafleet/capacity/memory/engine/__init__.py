"""llama.cpp and ggml as far as memory goes: what changes with a build, whatever the model.

`placement` says which device has what, `kv_cache`, `recurrent_state` and `indexer_cache` how large
caches are. `tensors` are the nodes of a compute graph, `networks` build it as llama.cpp does,
`scheduler` gives each node a backend and adds the copies between them, `allocator` packs them into
one buffer a backend, `compute` makes terms of the buffers.
"""

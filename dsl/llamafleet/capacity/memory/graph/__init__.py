"""The compute graph of a model, and what ggml's scheduler and allocator make of it.

`tensors` are the nodes, `networks` build them as llama.cpp does, `scheduler` gives each a backend
and adds the copies between them, `allocator` packs them into one buffer a backend.
"""

"""The language server: what an editor asks, answered from the compiler's own results.

Everything but `server.py` and `protocol.py` is pure, and knows nothing of the protocol. Places are
`Position`s: lines and columns from 1, in code points.
"""

"""The language server: what an editor asks, answered from the compiler's own results.

`server.py`, `session.py` and `protocol.py` speak with the editor; all else is pure, and knows
nothing of the protocol. Places are `Position`s: lines and columns from 1, in code points.
"""

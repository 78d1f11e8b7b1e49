"""One table per block kind: it drives checking, suggestions, explanation and documentation.

Contract (the bodies follow): a `BlockSchema` reads a syntax `Block` into `Fields`, reporting unknown
keys, wrong types, missing and repeated keys; a key with a bad value is dropped, so that the rest of
the block is still checked.
"""

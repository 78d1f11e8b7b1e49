"""Tables of block kinds: names, types, defaults and help of their keys."""

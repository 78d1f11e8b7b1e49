"""Ask live hosts whether they are as their fleet file says: `llamafleet verify`.

pytest runs the tests in this folder, in a clone (`pytest tests/verify --fleet F`) and as the
installed package `llamafleet_verify`.
"""

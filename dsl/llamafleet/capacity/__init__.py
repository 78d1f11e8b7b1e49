"""Capacity of hosts: the memory that models take, and the models that fit together."""

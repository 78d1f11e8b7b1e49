"""Data of every host; a file beside this one named like a group has that group's.

Secrets belong here or in the environment, never in the fleet file:

    import os

    llamafleet_environment = {"main": {"SWAP_KEY": os.environ["SWAP_KEY"]}}
"""

llamafleet_health_timeout = 300

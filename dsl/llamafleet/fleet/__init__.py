"""The checked model: names resolved, inheritance applied, every part with its origin."""

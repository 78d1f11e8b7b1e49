"""Random and mutated inputs for every reader: an answer for each, never an exception, and soon."""

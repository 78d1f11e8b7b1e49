"""Text to syntax tree and back: grammar, parser, comments, formatter, includes."""

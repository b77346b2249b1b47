"""From facts to captions: composed, placed, merged and checked against a style guide."""

"""From facts to captions: composed, arranged on the screen, merged and checked against a style guide."""

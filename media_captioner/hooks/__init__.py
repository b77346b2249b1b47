"""Where other people's programs plug in."""

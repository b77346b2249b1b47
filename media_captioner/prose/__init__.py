"""From a description's prose to facts."""

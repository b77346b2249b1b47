"""Public fakes, generated media and contract classes for your own tests and ours."""

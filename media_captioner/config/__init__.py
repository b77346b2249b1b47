"""Settings: one schema, its sources, and a merge that remembers where each value came from."""

"""Caption one asset: the only place that knows the whole way."""

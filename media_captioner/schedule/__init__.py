"""Between segments and captioners: rates, retries, budgets and the journal."""

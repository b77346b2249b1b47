"""Many machines caption one archive: what is remembered, limited and queued lies in one Postgres."""

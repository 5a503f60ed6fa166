"""Long work outside the request: a job table, a worker, and what is in the way of an upload."""

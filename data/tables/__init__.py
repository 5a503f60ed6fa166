"""Every list and figure as rows: what commands print with --json, and what the API answers."""

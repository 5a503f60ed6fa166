"""What other programs ask: lists and figures as JSON and CSV (docs/api.md)."""

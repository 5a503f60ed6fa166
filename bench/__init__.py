"""Benchmarks: `make bench`. Plain programs that print Markdown tables of medians and ratios."""

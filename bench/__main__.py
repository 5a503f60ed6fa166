"""`python -m bench [PART …] [--patches N] [--quick]`; the parts: docs/testing.md."""

from __future__ import annotations

import argparse
import os
from importlib import import_module

PARTS = ("answers", "upload", "pages", "maps", "heatmap", "browser", "users", "forecast")

_LARGE = [100_000, 1_000_000]
#: Part → numbers of patches, where not 100,000 alone.
_USUAL = {"answers": [2_000, 100_000], "pages": _LARGE, "maps": _LARGE, "heatmap": _LARGE}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; default all")
    parser.add_argument(
        "--patches",
        type=int,
        action="append",
        help="number of patches, may be repeated (or BENCH_PATCHES); default 100000, and for"
        " pages and maps 1000000 beside it",
    )
    parser.add_argument("--quick", action="store_true", help="20,000 patches, one run")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    given = options.patches or [int(n) for n in os.environ.get("BENCH_PATCHES", "").split()]
    repeats = 1 if options.quick else 3
    for part in options.parts or PARTS:
        usual = _USUAL.get(part, [100_000])
        counts = given or ([20_000] if options.quick else usual)
        import_module(f"bench.{part}").main(counts, repeats)


if __name__ == "__main__":
    main()

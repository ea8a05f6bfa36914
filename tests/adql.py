"""The long run of what `tests/vo/test_fuzz.py` does: `python -m tests.adql --queries 50000`, on PostgreSQL."""

import argparse
import os
import sys

import pytest


def main() -> int:
    """Compile so many queries for both databases, and ask so many others of PostgreSQL."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=50_000, help="how many (50000)")
    options, others = parser.parse_known_args()
    os.environ["ADQL_QUERIES"] = str(options.queries)
    return int(pytest.main(["-q", "-rP", "--db=postgresql", "--timeout=36000", "tests/vo/test_fuzz.py", *others]))


if __name__ == "__main__":
    sys.exit(main())

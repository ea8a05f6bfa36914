"""The long run of what `tests/monitor/test_schema.py` does: `python -m tests.schema --examples 500`."""

import argparse
import os
import sys

import pytest


def main() -> int:
    """Ask every operation so many things, with a login and without."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=500, help="questions to each operation (500)")
    options, others = parser.parse_known_args()
    os.environ["SCHEMA_EXAMPLES"] = str(options.examples)
    arguments = ["-q", "--timeout=36000", "tests/monitor/test_schema.py", *others]
    return int(pytest.main(arguments, [Requests()]))


class Requests:
    """Says at the end how many there were."""

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """All, and by status."""
        from tests.monitor.test_schema import ASKED  # noqa: PLC0415 - not before Django is set up

        by_status = ", ".join(f"{number} of {status}" for status, number in sorted(ASKED.items()))
        terminalreporter.write_line(f"{ASKED.total()} requests: {by_status}")


if __name__ == "__main__":
    sys.exit(main())

"""All measurements, one after the other, as ratios to a floor in the same run.

    python -m benchmarks [NAME ...] [--full]

Prints what each prints; what they found goes to benchmarks/results/latest.json.  `campaign`, `ingest`,
`limits`, `month`, `one_ab`, `pages`, `api`, `register`, `schedule`, `size`, `tap`.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

RESULTS = Path(__file__).parent / "results" / "latest.json"
BENCHMARKS: Mapping[str, Sequence[str]] = {
    "campaign": ("--dates", "365"),
    "ingest": ("--files", "400"),
    "one_ab": ("--runs", "3"),
    "limits": ("--idle", "30"),
    "month": ("--nights", "2"),
    "pages": ("--abs", "100000", "--rounds", "9"),
    "schedule": (),
    "size": ("--abs", "500"),
    "register": ("--files", "10000", "--abs", "100000", "--rounds", "2"),
    "tap": (),
    "api": ("--abs", "100000", "--rounds", "50"),
}
"""Each with what makes it short."""


def main() -> int:
    """Run those that are named, or all; 1 if any did not come to its end."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHMARKS)} (all)")
    parser.add_argument("--full", action="store_true", help="at their full size")
    options = parser.parse_args()
    if strangers := set(options.names) - set(BENCHMARKS):
        parser.error(f"{', '.join(sorted(strangers))}: there are {', '.join(BENCHMARKS)}")
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    failed = []
    for name in options.names or BENCHMARKS:
        values = measured(name, () if options.full else BENCHMARKS[name])
        found |= values
        failed += [] if values else [name]
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=2) + "\n")
    for name in failed:
        print(f"{name} found nothing", file=sys.stderr)
    return 1 if failed else 0


def measured(name: str, arguments: Sequence[str]) -> dict[str, float]:
    """The JSON object in the last line of a benchmark, which is shown as it comes; nothing if it failed."""
    print(f"== {name}", flush=True)
    command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
    last = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own
        for last in process.stdout or ():
            print(last, end="", flush=True)
    return dict(json.loads(last)) if process.returncode == 0 else {}


if __name__ == "__main__":
    sys.exit(main())

"""All measurements, one after the other, as ratios to a floor or a peer in the same run, and one table at the end.

    python -m benchmarks [NAME ...] [--full]

Prints what each prints; what they found goes to benchmarks/results/latest.json.  `efficiency`, `throughput`, `memory`,
`campaign`, `ingest`, `limits`, `month`, `one_ab`, `pages`, `api`, `register`, `schedule`, `size`, `tap`.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.aims import table

RESULTS = Path(__file__).parent / "results" / "latest.json"
BENCHMARKS: Mapping[str, Sequence[str]] = {
    "campaign": ("--dates", "365"),
    "efficiency": ("--quarter", "120", "--two", "16"),
    "throughput": ("--jobs", "400"),
    "memory": ("--abs", "20000"),
    "ingest": ("--files", "400"),
    "one_ab": ("--runs", "3"),
    "limits": ("--idle", "30"),
    "month": ("--nights", "2"),
    "pages": ("--abs", "100000", "--rounds", "9"),
    "schedule": (),
    "size": ("--abs", "2000"),
    "register": ("--files", "30000", "--abs", "100000", "--rounds", "5"),
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
    found, fresh, failed = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}, set[str](), []
    for name in options.names or BENCHMARKS:
        if values := measured(name, () if options.full else BENCHMARKS[name]):
            found, fresh = renewed(found, name, values), fresh | values.keys()
            keep(found)
        else:
            failed.append(name)
    print(f"\n{table(found, fresh)}")
    for name in failed:
        print(f"{name} found nothing", file=sys.stderr)
    return 1 if failed else 0


def keep(found: Mapping[str, float]) -> None:
    """Write down what is known, after each benchmark: a run may be ended before its last."""
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=2) + "\n")


def renewed(found: Mapping[str, float], name: str, values: Mapping[str, float]) -> dict[str, float]:
    """What is known now: a peer that is left out this time must not be there with an old number."""
    return {key: value for key, value in found.items() if not key.startswith(f"{name}_")} | {**values}


def measured(name: str, arguments: Sequence[str]) -> dict[str, float]:
    """The JSON object in the last line of a benchmark, which is shown as it comes; nothing if it failed."""
    print(f"== {name}", flush=True)
    command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
    last, begun = "", time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own
        for last in process.stdout or ():
            print(last, end="", flush=True)
    print(f"== {name}: {time.monotonic() - begun:.0f} s", flush=True)
    return dict(json.loads(last)) if process.returncode == 0 else {}


if __name__ == "__main__":
    sys.exit(main())

"""How much memory a process of the web application has after it has answered every kind of question.

    python -m benchmarks.memory [--abs 1000000]

On a PostgreSQL of its own, filled by `sky`; one process of gunicorn with its eight threads, four questions at a time,
each address several times.  `web_mb` is what is resident in the end, `web_peak_mb` the most that ever was, `web_own_mb`
what no other process shares.  (`worker_mb` is measured by `throughput`, beside its work.)  Prints a JSON object as its
last line.
"""

import argparse
import json
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import psutil

from benchmarks import api, pages

ROUNDS, AT_ONCE = 5, 4
PAGES = ("/", "/grid/", "/failures/", "/campaigns/", "/timing/", "/scores/", "/certificates/", "/system/",
         "/system/events/", "/adp/")  # fmt: skip
API = ("status/", "instruments/", "dates/", "grid/", "abs/?limit=100", "jobs/?limit=100", "scores/?limit=100",
       "qc1/?limit=100", "products/?limit=100", "failures/", "certificates/", "events/?limit=100",
       "products/?format=csv", "jobs/?format=ndjson&instrument=UVES")  # fmt: skip
OTHERS = ("/api/schema/", "/metrics", "/readyz")


def main() -> None:
    """Fill a database, ask, look."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--abs", type=int, default=1_000_000)
    options = parser.parse_args()
    with pages.site(options.abs):
        found = asked(addresses())
    for key, value in found.items():
        print(f"{key:<14} {value:8.1f}")
    print(json.dumps({key: round(value, 1) for key, value in found.items()}))


def addresses() -> list[str]:
    """Every kind of page, and of lists of the API."""
    measured = [page.address for page in pages.pages()]
    return [*measured, *PAGES, *OTHERS, *(f"/api/v1/{name}" for name in API)]


def asked(every: Sequence[str]) -> dict[str, float]:
    """Memory in MB of the process that answered all of these."""
    cookie = pages.viewer().cookies["sessionid"].value
    with api.server() as gunicorn:
        ready(cookie)
        (process,) = gunicorn.children()
        before = process.memory_info().rss / 1e6
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(lambda address: size(address, cookie), [*every] * ROUNDS))
        return {"web_before_mb": before, "web_answers": len(answers), **held(process)}


def held(process: psutil.Process) -> dict[str, float]:
    """Resident, the most that was, and what is not shared, in MB."""
    now = process.memory_full_info()
    return {"web_mb": now.rss / 1e6, "web_peak_mb": api.high(process.pid), "web_own_mb": now.uss / 1e6}


def ready(cookie: str) -> None:
    """Return once the server answers."""
    from benchmarks.others import answers

    answers(f"http://127.0.0.1:{api.PORT}/healthz")
    size("/", cookie)


def size(address: str, cookie: str) -> int:
    """Bytes of an answer; anything but 200 is an error."""
    headers = {"Cookie": f"sessionid={cookie}"}
    request = urllib.request.Request(f"http://127.0.0.1:{api.PORT}{address}", headers=headers)
    with urllib.request.urlopen(request, timeout=300) as answer:  # noqa: S310 - our own
        return sum(len(piece) for piece in iter(lambda: answer.read(2**16), b""))


if __name__ == "__main__":
    main()

"""How fast TAP answers: rows per second of a VOTable of many rows, beside plain SQL fetched and thrown away.

    python -m benchmarks.tap [--rows 100000]

On a PostgreSQL of its own.  Prints a line per measurement and a JSON object as its last line.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.ingest import site

QUERY = """SELECT dp_id, obs_publisher_did, target_name, s_ra, s_dec, t_min, t_exptime, em_min, em_max, snr, access_url
FROM ivoa.ObsCore"""
FLOOR = "SELECT dp_id, target, ra, dec, mjd_obs, exptime, wave_min, wave_max, snr FROM processing_product"
RUNS = 3


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rows", type=int, default=100_000)
    number = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="phoenix-tap-") as name, site(Path(name)):
        fill(number)
        whole, columns = best(lambda: asked("*")), best(lambda: asked(QUERY))
        csv, floor = best(lambda: asked(QUERY, "csv")), best(plain)
    found = {
        "tap_rows_per_second": number / columns,
        "tap_all_columns_rows_per_second": number / whole,
        "tap_csv_rows_per_second": number / csv,
        "tap_over_plain_sql": columns / floor,
    }
    for key, value in found.items():
        print(f"{key:<34} {value:12.2f}")
    print(json.dumps({key: round(value, 3) for key, value in found.items()}))


def best(run: Callable[[], None]) -> float:
    """The seconds of the quickest of some runs."""
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def fill(number: int) -> None:
    """So many current products."""
    from django.db import connection

    from benchmarks import products
    from processing.core.states import IngestState
    from processing.models import Ingestion, Product

    made = [Ingestion(job=job, label="BLUE437", state=IngestState.REGISTERED) for job in products.rows(number)]
    items = Ingestion.objects.bulk_create(made, batch_size=5000)
    facts = {"category": "SCIENCE.SPECTRUM", "size": 2_400_000, "target": "HD 101065", "url": "", "fluxcal": "ABSOLUTE"}
    numbers = {"ra": 174.40412, "dec": -46.70912, "mjd_obs": 56057.13, "exptime": 1500.0}
    band = {"wave_min": 478.0, "wave_max": 681.0, "snr": 21.53}
    Product.objects.bulk_create(
        [
            Product(
                **{**facts, **numbers, **band},
                job=item.job,
                ingestion=item,
                dp_id=f"ADP.2026-01-01T00:{n // 60000:02d}:{n // 1000 % 60:02d}.{n % 1000:03d}",
                original_name=f"{n}.fits",
                sha256=f"{n:064x}",
            )
            for n, item in enumerate(items)
        ],
        batch_size=5000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def asked(query: str, form: str = "votable") -> None:
    """The whole answer, as the view streams it."""
    from monitor.vo import asking

    text = "SELECT * FROM ivoa.ObsCore" if query == "*" else query
    given = {"LANG": "ADQL", "QUERY": text, "RESPONSEFORMAT": form}
    with asking.answered(asking.read(given, "http://localhost:8000"), 600) as pieces:
        for piece in pieces:
            piece.encode()


def plain() -> None:
    """The floor: the same facts fetched in chunks."""
    from monitor.vo import database
    from monitor.vo.sql import Sql

    with database.answer(Sql(FLOOR), 600) as chunks:
        for _ in chunks:
            pass


if __name__ == "__main__":
    main()

"""Ten years of UVES that are done, in a database or as files of ABs."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).resolve().parent.parent / "tests" / "samples" / "uves_point_source.ab"
NAME, FIRST, FIRST_FILE = "UVES.2012-05-10T03:17:42.861", date(2002, 1, 1), date(1990, 1, 1)
BLOCKS = """
INSERT INTO processing_associationblock (name, date_id, text, sha256, frames, raw_type, recipe, setup, tech, prog_id,
  ob_id, registered)
SELECT name || '.ab', date_id,
  '\\x00'::bytea || convert_to(replace(replace(%s, %s, name), '2012-05-09', date::text), 'UTF8'), '', md5(name),
  'SCI_POINT_RED', 'uves_obs_scired', 'RED580_1x1', 'ECHELLE', '', '', now()
FROM (SELECT d.id AS date_id, d.date, 'UVES.' || d.date || 'T00:' || to_char(n, 'FM00') || ':00.000' AS name
  FROM processing_processingdate d, generate_series(1, %s) n) AS named
"""
RAWS = """
INSERT INTO processing_rawframe (block_id, dp_id, tag, tech)
SELECT id, left(name, -3) || n, 'SCI_POINT_RED', '' FROM processing_associationblock, generate_series(1, 2) n
"""
JOBS = """
INSERT INTO processing_job (block_id, campaign_id, date_id, certificate_id, state, reason, sentence, priority,
  background, due, turn, expected_seconds, late_seconds, registered, transfers, ended, owner, software, fingerprint,
  acknowledged)
SELECT b.id, %s, b.date_id, %s, 'INGESTED', '', '', 0, false, true, 0, 60, 216, now(), 0, d.date + 1, '', '', '', false
FROM processing_associationblock b JOIN processing_processingdate d ON d.id = b.date_id
"""


# As many of the campaign's jobs as its page looks at have been done, one every ten seconds.
DONE = """
UPDATE processing_job j SET state = 'INGESTED', claimed = now() - n * interval '10 s',
  processed = now() - n * interval '10 s' + interval '1 min', ended = now() - n * interval '10 s' + interval '70 s'
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM processing_job WHERE campaign_id = %s LIMIT 3000) AS done
WHERE j.id = done.id AND j.state = 'WAITING'
"""
# The same rows without asking anything of anybody: what the database itself takes.
FLOOR = """
INSERT INTO processing_job (block_id, campaign_id, date_id, certificate_id, state, reason, sentence, priority,
  background, due, turn, expected_seconds, late_seconds, registered, transfers, owner, software, fingerprint,
  acknowledged)
SELECT block_id, %s, date_id, certificate_id, 'WAITING', '', '', 0, true, false, turn, 60, 216, now(), 0, '', '', '',
  false
FROM processing_job WHERE campaign_id = %s
"""


def fill(dates: int, number: int) -> None:
    """So many finished dates of UVES with so many ingested ABs of two frames each."""
    from django.db import connection

    from processing.models import Certificate, Instrument, ProcessingDate
    from processing.models.campaigns import day_to_day

    uves = Instrument.objects.create(name="UVES")
    ProcessingDate.objects.bulk_create(
        ProcessingDate(instrument=uves, date=FIRST + timedelta(days=n), state="FINISHED") for n in range(dates)
    )
    certificate = next(row for row in Certificate.objects.of("UVES") if row.name == "ECHELLE-POINT")
    with connection.cursor() as cursor:
        cursor.execute(BLOCKS, [SAMPLE.read_text(), NAME, number])
        cursor.execute(RAWS)
        cursor.execute(JOBS, [day_to_day().pk, certificate.pk])
        cursor.execute("VACUUM ANALYZE")


def execute(sql: str, *values: Any) -> None:
    """A statement of its own."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def written(folder: Path, dates: int, number: int) -> date:
    """Files of so many dates with so many ABs that nobody has registered; the first date."""
    for day in (FIRST_FILE + timedelta(days=n) for n in range(dates)):
        (folder / f"{day}").mkdir(parents=True)
        for one in range(number):
            name = f"UVES.{day}T00:{one:02d}:00.000"
            text = (
                SAMPLE.read_text().replace(NAME, name).replace("2012-05-09", str(day)).replace("2012-05-10", name[5:15])
            )
            (folder / f"{day}" / f"{name}.ab").write_text(text)
    return FIRST_FILE

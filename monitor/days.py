"""Modified Julian dates and days (UTC)."""

from datetime import UTC, date, datetime, timedelta

MJD_ZERO = datetime(1858, 11, 17, tzinfo=UTC)


def mjd_of(day: date) -> int:
    """The modified Julian date at which a day begins."""
    return (day - MJD_ZERO.date()).days


def day_of(mjd: float) -> datetime:
    """The time of a modified Julian date."""
    return MJD_ZERO + timedelta(days=mjd)

"""When things happen in the simulated night: the DFO date is the evening, everything else is UTC after it."""

from datetime import UTC, date, datetime, timedelta

import numpy as np

EPOCH = datetime(1858, 11, 17, tzinfo=UTC)  # of the Modified Julian Date
FIRST_SCIENCE = timedelta(minutes=8)  # after midnight
SCIENCE_SECONDS = 34000.0  # of darkness after midnight
FIRST_CALIB = timedelta(hours=10)
LONGEST_SLOT = 945.0
READOUT = 45.0
TIMES_STREAM = 5
NEW_RED_CHIP = date(2009, 7, 6)  # the spectral formats hold for the detectors since then


def midnight(night: str) -> datetime:
    """Midnight UTC that ends the evening of the DFO date; raises ValueError for nights before the formats hold."""
    evening = date.fromisoformat(night)
    if evening < NEW_RED_CHIP:
        raise ValueError(f"{night}: simulated nights start with {NEW_RED_CHIP}, when the red detector was replaced")
    return datetime(evening.year, evening.month, evening.day, tzinfo=UTC) + timedelta(days=1)


def exposures(night: str, number: int, seed: int) -> list[tuple[datetime, float]]:
    """Start and length in seconds of the night's science exposures, in order, no two in the same millisecond.

    A long list shortens the exposures, so that it always fits between midnight and the morning's calibrations.
    """
    slot = min(LONGEST_SLOT, SCIENCE_SECONDS / max(number, 1))
    gap = min(READOUT, slot / 3)
    spare = np.random.default_rng([seed, TIMES_STREAM]).uniform(0.0, gap / 2, number)
    seconds = float(np.floor((slot - gap) * 10) / 10)
    first = midnight(night) + FIRST_SCIENCE
    return [(_to_millisecond(first + timedelta(seconds=i * slot + spare[i])), seconds) for i in range(number)]


def calibration(night: str, minutes: float) -> datetime:
    """Start of a calibration so many minutes into the morning's calibration plan."""
    return midnight(night) + FIRST_CALIB + timedelta(minutes=minutes)


def mjd(instant: datetime) -> float:
    """Modified Julian Date, days, to 8 decimals as headers give it (1 ms)."""
    return round((instant - EPOCH) / timedelta(days=1), 8)


def stamp(instant: datetime) -> str:
    """The instant as archive names and DATE-OBS write it, to the millisecond."""
    return instant.replace(tzinfo=None).isoformat(timespec="milliseconds")


def short(night: str) -> str:
    """The date as names of master calibrations write it: YYMMDD."""
    return date.fromisoformat(night).strftime("%y%m%d")


def _to_millisecond(instant: datetime) -> datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)

"""Association quality: how well the calibrations that an AB names suit its science frame."""

from collections.abc import Sequence

from processing.core.ab import AB, Calib
from processing.core.certification import Certificate
from processing.core.scoring import Measurement, Rule
from processing.core.selection import of_chips


def rules(certificate: Certificate) -> list[Rule]:
    """The bits in order: one per time distance of the certificate, then time matches and completeness."""
    distances = [Rule(dt.name, dt.name, high=dt.max_days) for dt in certificate.association]
    return [*distances, Rule("time_match", "mcalibs_nok", high=0), Rule("complete", "mcalibs_missing", high=0)]


def measure(ab: AB, certificate: Certificate) -> list[Measurement]:
    """What the rules ask for, from the AB alone: distances in days, counts."""
    used = {name for name, _, general in certificate.used(ab) if not general}
    calibs = [c for c in ab.mcalibs if c.name in used]
    chips = certificate.chips_of(ab)
    distances = [(dt.name, largest_distance(calibs, of_chips(chips, dt.category))) for dt in certificate.association]
    missing = set(of_chips(chips, *certificate.required)) - {c.category for c in calibs}
    return [
        *(Measurement(name, "", days, "d") for name, days in distances if days is not None),
        Measurement("mcalibs_nok", "", sum(c.matches is False for c in calibs)),
        Measurement("mcalibs_missing", "", len(missing)),
    ]


def largest_distance(calibs: Sequence[Calib], categories: Sequence[str]) -> float | None:
    """The largest |dt| in days among the calibrations of these categories; None if none is stated."""
    distances = [abs(c.dt) for c in calibs if c.dt is not None and c.category in categories]
    return max(distances, default=None)

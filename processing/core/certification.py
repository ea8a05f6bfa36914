"""Certificates: which instrument modes phoenix may process, and how; and why an AB is not executable."""

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from processing.core.ab import AB
from processing.core.limits import Need
from processing.core.scoring import Rule
from processing.core.selection import Selection, of_chips
from processing.core.shape import Fault, faults
from processing.core.states import CertificateState, Reason

MOST = {"cores": 1024, "memory_gb": 16384}


class FluxPolicy(StrEnum):
    """Whether archived spectra are flux calibrated: the concept paper's two cases."""

    NEVER = "NEVER"
    WHENEVER_AVAILABLE = "WHENEVER_AVAILABLE"


class BadCertificate(Exception):
    """Certificate data that cannot be read: says which one and what is wrong, key by key where that is known."""

    def __init__(self, said: str, found: Sequence[Fault] = ()) -> None:
        super().__init__(said)
        self.faults = tuple(found)


@dataclass(frozen=True, kw_only=True)
class Mode:
    """An instrument mode as conditions on the raw match keys; an empty one is not asked."""

    tech: str = ""
    """DPR TECH holds exactly these words, in any order."""
    tech_has: str = ""
    type_has: str = ""
    """A word of DPR TYPE."""
    slit: str = ""
    """Pattern for INS SLIT1 NAME, such as `SLIC#*`."""

    def matches(self, ab: AB) -> bool:
        """True if every condition holds."""
        return (
            (not self.tech or self._words == set(ab.tech))
            and (not self.tech_has or self.tech_has in ab.tech)
            and (not self.type_has or self.type_has in ab.match_keys.get("DPR_TYPE", "").split(","))
            and (not self.slit or fnmatch.fnmatchcase(ab.match_keys.get("INS_SLIT1_NAME", ""), self.slit))
        )

    @cached_property
    def _words(self) -> set[str]:
        return set(self.tech.split(","))


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Recipe parameters for a range of central wavelengths, in nm, `low` included and `high` not."""

    low: float = 0.0
    high: float = float("inf")
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FluxRule:
    """The flux policy of a range of central wavelengths in nm, `low` included and `high` not."""

    low: float = 0.0
    high: float = float("inf")
    policy: FluxPolicy = FluxPolicy.NEVER
    responses: Sequence[str] = ()
    """Patterns of the names of response curves that are certified for this range."""

    def __post_init__(self) -> None:
        FluxPolicy(self.policy)

    def certifies(self, response: str) -> bool:
        """True if fluxes may be calibrated with this response curve."""
        return any(fnmatch.fnmatchcase(response, pattern) for pattern in self.responses)


@dataclass(frozen=True, kw_only=True)
class Dt:
    """A bit of the association score: the largest |dt| of a class of calibrations, in days."""

    name: str
    category: str
    max_days: float


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What EDP set up and QCG reviewed for one mode of one instrument."""

    instrument: str
    name: str
    version: int
    state: CertificateState
    mode: Mode
    note: str = ""
    recipe: str = ""
    pipeline: str = ""
    """The pipeline version that the certificate was made with, such as `uves/6.1.8`."""
    chips: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Suffix of the raw tag to the suffixes of calibrations and products: RED to REDL, REDU."""
    frames: int = 0
    """The most raw frames that the recipe reduces; 0: any number."""
    required: Sequence[str] = ()
    """Categories of calibrations, each needed exactly once per chip."""
    response: str = ""
    """Category of the response curve, optional."""
    extinction: str = ""
    """Category of the general calibration that goes with a response."""
    flux_policy: FluxPolicy = FluxPolicy.NEVER
    """For settings that no entry of `flux` covers; any response counts as certified for them."""
    flux: Sequence[FluxRule] = ()
    """The policy per setting; the first range that holds the central wavelength decides."""
    archive: Selection = field(default_factory=Selection)
    parameters: Sequence[Parameters] = ()
    ab_parameters: Sequence[str] = ()
    """Patterns of the recipe parameters that an AB may set itself, such as `reduce.*`.

    Not all: some recipes have a parameter that names a command to run (`plotter`), and an AB comes from outside.
    """
    products: Sequence[str] = ()
    """PRO.CATG without chip of each product that must be there; `{tag}` is the raw tag without arm."""
    seconds: float = 3600.0
    """Wall-clock limit of the recipe."""
    memory_mb: int = 8192
    """Limit of the recipe's address space."""
    cores: int = 1
    """Those of its host that a job takes."""
    memory_gb: float = 0.0
    """The memory of its host that a job takes; 0: it is not counted."""
    association: Sequence[Dt] = ()
    scores: Sequence[Rule] = ()
    gate_parameter: str = ""
    gate_least: float = 1.0
    idp: Mapping[str, Any] = field(default_factory=dict)
    """Keyword values that are constant for the collection."""

    def __str__(self) -> str:
        return f"{self.instrument} {self.name} version {self.version}"

    def chips_of(self, ab: AB) -> tuple[str, ...]:
        """The chips that the AB's frames come from."""
        return tuple(self.chips.get(ab.arm, ()))

    def allows(self, parameter: str) -> bool:
        """True if an AB may set this recipe parameter."""
        return any(fnmatch.fnmatchcase(parameter, pattern) for pattern in self.ab_parameters)

    def recipe_parameters(self, ab: AB) -> dict[str, str]:
        """Those of the setup range, then the AB's own, which are more special."""
        wavelength = ab.wavelength or 0.0
        ranges = [p.values for p in self.parameters if p.low <= wavelength < p.high]
        return {k: v for values in (*ranges, ab.parameters) for k, v in values.items()}

    def flux_rule(self, wavelength: float) -> FluxRule:
        """The flux policy of a setting."""
        covering = (rule for rule in self.flux if rule.low <= wavelength < rule.high)
        return next(covering, FluxRule(policy=self.flux_policy, responses=("*",)))

    def wants_flux(self, ab: AB) -> bool:
        """True if policy and AB allow a flux calibration: a certified response for each chip and an extinction table.

        A response that is not certified for the setting does not reach the recipe, so that it makes no flux.
        """
        rule = self.flux_rule(ab.wavelength or 0.0)
        if rule.policy != FluxPolicy.WHENEVER_AVAILABLE:
            return False
        responses = of_chips(self.chips_of(ab), self.response)
        certified = {c.category for c in ab.mcalibs if c.category not in responses or rule.certifies(c.name)}
        needed = {self.extinction, *responses}
        return needed <= certified | {c.category for c in ab.gencalibs}

    def used(self, ab: AB) -> Iterator[tuple[str, str, bool]]:
        """(name, category, is a gencalib) of each calibration that goes to the recipe."""
        flux = self.wants_flux(ab)
        wanted = of_chips(self.chips_of(ab), *self.required, *((self.response,) if flux else ()))
        yield from ((c.name, c.category, False) for c in ab.mcalibs if c.category in wanted)
        if flux:
            yield from ((c.name, c.category, True) for c in ab.gencalibs if c.category == self.extinction)


@dataclass(frozen=True)
class Refusal:
    """Why an AB is not executable."""

    reason: Reason
    sentence: str


def certificate_for(ab: AB, certificates: Sequence[Certificate]) -> Certificate | None:
    """The first certificate, in the order given, whose instrument and mode are the AB's."""
    return next((c for c in certificates if c.instrument == ab.instrument and c.mode.matches(ab)), None)


def why_not_executable(ab: AB, certificates: Sequence[Certificate]) -> Refusal | None:
    """The first thing that keeps the AB from being processed; None if it is executable.

    Concept paper: no virtual calibrations, and the instrument mode is phoenix certified.  A virtual MASSOC
    does not count, since MASSOCs are not used; nor does INCOMPLETE, since some calibrations are optional.
    """
    if ab.dpr_catg != "SCIENCE":
        return Refusal(Reason.NOT_SCIENCE, f"DPR.CATG is {ab.dpr_catg}.")
    if ab.recipe.upper() == "NONE":
        return Refusal(Reason.RECIPE_NONE, "The AB's RECIPE is none.")
    if virtual := [c for c in ab.mcalibs if not c.real]:
        listed = ", ".join(f"{c.category} {c.name}" for c in virtual)
        return Refusal(Reason.VIRTUAL_CALIBRATION, f"Needs virtual calibrations: {listed}.")
    certificate = certificate_for(ab, certificates)
    return _not_certified(ab, certificate) or (_missing(ab, certificate) if certificate else None)


def _not_certified(ab: AB, certificate: Certificate | None) -> Refusal | None:
    if certificate is None:
        return Refusal(Reason.NOT_CERTIFIED, f"No certificate covers {_mode(ab)}.")
    if certificate.state is not CertificateState.CERTIFIED:
        note = f": {certificate.note}" if certificate.note else "."
        return Refusal(Reason.NOT_CERTIFIED, f"{_mode(ab)}: certificate {certificate} is {certificate.state}{note}")
    if certificate.recipe != ab.recipe:
        return Refusal(Reason.NOT_CERTIFIED, f"{certificate} is for {certificate.recipe}, the AB names {ab.recipe}.")
    if strange := [name for name in ab.parameters if not certificate.allows(name)]:
        return Refusal(Reason.NOT_CERTIFIED, f"{certificate} does not let an AB set {', '.join(strange)}.")
    return _strange_frames(ab, certificate)


def _mode(ab: AB) -> str:
    return f"{ab.instrument} {','.join(ab.tech)} ({ab.match_keys.get('DPR_TYPE', 'no DPR.TYPE')})"


def _strange_frames(ab: AB, certificate: Certificate) -> Refusal | None:
    if not certificate.chips_of(ab):
        return Refusal(Reason.NOT_CERTIFIED, f"{certificate} does not know the tag {ab.raws[0].tag}.")
    if certificate.frames and len(ab.raws) > certificate.frames:
        numbers = f"{certificate.frames} at most, the AB names {len(ab.raws)}"
        return Refusal(Reason.NOT_CERTIFIED, f"{certificate} is for a number of raw frames of {numbers}.")
    return None


def _missing(ab: AB, certificate: Certificate) -> Refusal | None:
    delivered = [c.category for c in ab.mcalibs]
    wanted = of_chips(certificate.chips_of(ab), *certificate.required)
    if absent := [category for category in wanted if category not in delivered]:
        return Refusal(Reason.MISSING_CALIBRATION, f"The AB names no {', no '.join(absent)}.")
    if double := [category for category in wanted if delivered.count(category) > 1]:
        return Refusal(Reason.MISSING_CALIBRATION, f"The AB names more than one {', '.join(double)}: which is meant?")
    return None


def faults_of(data: Mapping[str, Any]) -> list[Fault]:
    """Everything that is wrong with certificate data, each by its path."""
    found = [*faults(data, Certificate)]
    limits = [(key, data.get(key, 1)) for key in ("seconds", "memory_mb", "cores")]
    return found or [
        *(Fault(key, "must be above 0") for key, value in limits if value <= 0),
        *(Fault(key, f"must be from 0 to {most}") for key, most in MOST.items() if not 0 <= data.get(key, 0) <= most),
        *(Fault(f'archive.ancillary."{name}"', "must begin with ANCILLARY.") for name in strange_ancillaries(data)),
    ]


def need(data: Mapping[str, Any]) -> Need:
    """What a job takes of its host, of certificate data."""
    return Need(data.get("cores", Certificate.cores), float(data.get("memory_gb", Certificate.memory_gb)))


def strange_ancillaries(data: Mapping[str, Any]) -> list[str]:
    """Categories of ancillary files that are none."""
    return [name for name in data.get("archive", {}).get("ancillary", ()) if not name.startswith("ANCILLARY.")]


def read_certificate(data: Mapping[str, Any]) -> Certificate:
    """A certificate from plain data (TOML or JSON); raises `BadCertificate` that names every key that does not fit."""
    if found := faults_of(data):
        name = f"{data.get('instrument', '?')} {data.get('name', '?')}"
        raise BadCertificate(f"certificate {name}: " + "; ".join(map(str, found)), found)
    nested = {
        "state": CertificateState(data["state"]),
        "mode": Mode(**data["mode"]),
        "flux_policy": FluxPolicy(data.get("flux_policy", FluxPolicy.NEVER)),
        "flux": tuple(FluxRule(**row) for row in data.get("flux", ())),
        "archive": Selection(**data.get("archive", {})),
        "parameters": tuple(Parameters(**row) for row in data.get("parameters", ())),
        "association": tuple(Dt(**row) for row in data.get("association", ())),
        "scores": tuple(Rule(**row) for row in data.get("scores", ())),
        "chips": {arm: tuple(chips) for arm, chips in dict(data.get("chips", {})).items()},
        **{key: tuple(data.get(key, ())) for key in ("required", "products", "ab_parameters")},
        "seconds": float(data.get("seconds", Certificate.seconds)),
        "memory_gb": float(data.get("memory_gb", Certificate.memory_gb)),
    }
    return Certificate(**{**data, **nested})

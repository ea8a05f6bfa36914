"""Which of a recipe's products become which part of an archive product: certificate data."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

TAG = "{tag}"
ROLES = ("science", "error", "sky", "calibrated", "calibrated_error")


@dataclass(frozen=True, kw_only=True)
class Selection:
    """PRO.CATG by role, without chip; `{tag}` stands for the raw tag without arm.  What no role names is dropped."""

    science: str = ""
    """The primary product: one archive product is made for each group of chips that has one."""
    error: str = ""
    sky: str = ""
    calibrated: str = ""
    calibrated_error: str = ""
    ancillary: Mapping[str, str] = field(default_factory=dict)
    """Archive category of an ancillary FITS file, such as ANCILLARY.2DSPECTRUM, to PRO.CATG."""

    @property
    def roles(self) -> list[tuple[str, str]]:
        """(role, PRO.CATG) of what is archived."""
        named = [(name.replace("_", " "), getattr(self, name)) for name in ROLES]
        return [(role, category) for role, category in (*named, *self.ancillary.items()) if category]

    def tags(self, chip: str, categories: Iterable[str]) -> list[str]:
        """The raw tags of which the categories hold a primary product of that chip."""
        pattern = re.escape(self.science).replace(re.escape(TAG), "(.+)") + suffix(chip)
        found = (re.fullmatch(pattern, category) for category in categories)
        return [match[1] if match.groups() else "" for match in found if match] if self.science else []


def product_category(pattern: str, tag: str, chip: str) -> str:
    """PRO.CATG of a role for one tag and chip; empty for a role that the certificate leaves out."""
    return pattern.format(tag=tag) + suffix(chip) if pattern else ""


def suffix(chip: str) -> str:
    """What stands behind a category for a chip; nothing for an instrument of one detector, whose chip is empty."""
    return f"_{chip}" if chip else ""


@lru_cache(maxsize=1024)
def of_chips(chips: tuple[str, ...], *categories: str) -> Sequence[str]:
    """The categories as each chip has them; a detector of one chip without a name has them as they are."""
    return tuple(f"{category}{suffix(chip)}" for chip in chips for category in categories)

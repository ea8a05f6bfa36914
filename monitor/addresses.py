"""Parts of addresses: what cannot be a name or a date is not found, and reaches no query."""

from datetime import date


class BlockName:
    """The name of an AB, with or without `.ab`."""

    regex = r"[A-Za-z0-9][A-Za-z0-9._:+\-]{0,127}"

    def to_python(self, value: str) -> str:
        """As it stands."""
        return value

    def to_url(self, value: str) -> str:
        """As it stands; Django quotes it."""
        return value


class InstrumentName(BlockName):
    """The name of an instrument."""

    regex = r"[A-Z][A-Z0-9_]{1,15}"


class ProductName(BlockName):
    """The archive name of a product, without `.fits`."""

    regex = r"ADP\.[0-9T:.\-]{1,60}"


class CertificateName(BlockName):
    """The name of a certificate within its instrument."""

    regex = r"[A-Z0-9][A-Z0-9_-]{0,39}"


class Fingerprint(BlockName):
    """The fingerprint of a kind of failure."""

    regex = r"[0-9a-f]{12}"


class Day:
    """A DFO date, YYYY-MM-DD."""

    regex = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        """The day; ValueError, which means not found, for one that no calendar has."""
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        """YYYY-MM-DD."""
        return value.isoformat()

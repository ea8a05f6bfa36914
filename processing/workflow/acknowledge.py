"""The acknowledgement of a date: what became of each product on its way into the archive."""

from collections import Counter
from typing import Any

from processing.core.states import IngestState
from processing.models import Ingestion, ProcessingDate


def acknowledgement(date: ProcessingDate) -> dict[str, Any]:
    """Counts by state, and one entry per product, in the order in which they were queued; times in seconds."""
    rows = Ingestion.objects.filter(job__date=date).select_related("job__block", "job__campaign", "product")
    items = [entry(row) for row in rows.defer("sources", "files", "entry")]
    counts = Counter(item["state"] for item in items)
    return {
        "batch": str(date),
        "instrument": date.instrument_id,
        "date": date.date,
        "state": date.state,
        "counts": {state: counts[state] for state in IngestState},
        "items": items,
    }


def entry(row: Ingestion) -> dict[str, Any]:
    """One product."""
    product = getattr(row, "product", None)
    return {
        "ab": row.job.block.name,
        "campaign": row.job.campaign.name,
        "product": row.label,
        "state": row.state,
        "dp_id": product.dp_id if product else None,
        "original_name": product.original_name if product else None,
        "version": product.version if product else None,
        "sha256": row.sha256 or None,
        "rules": sorted({finding["rule"] for finding in row.findings}),
        "attempts": row.attempts,
        "text": row.log,
        "seconds": (row.ended - row.queued).total_seconds() if row.ended else None,
    }

"""Answers of the VO services, as a program reads them."""

import io
import warnings

from astropy.io import votable


def asked(client, query, **parameters):
    """The answer to a query that is waited for."""
    return client.get("/tap/sync", {"LANG": "ADQL", "QUERY": query, **parameters})


def body(answer):
    """All of it."""
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def table(answer):
    """The VOTable of an answer as an astropy table; any warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parsed = votable.parse(io.BytesIO(body(answer)), verify="exception")
    return parsed.get_first_table().to_table(use_names_over_ids=True)


def rows(answer):
    """The rows as tuples of plain values; NULL is None."""
    return [tuple(None if str(cell) in ("--", "") else plain(cell) for cell in row) for row in table(answer)]


def plain(cell):
    return cell.item() if hasattr(cell, "item") else cell


def statuses(answer):
    """The values of QUERY_STATUS in the order of the document, each with its text."""
    parsed = votable.parse(io.BytesIO(body(answer)))
    infos = [
        i for resource in parsed.resources for i in (*resource.infos, *(x for t in resource.tables for x in t.infos))
    ]
    return [(info.value, info.content or "") for info in infos if info.name == "QUERY_STATUS"]


def message(answer):
    """What an error document says."""
    [(status, text)] = statuses(answer)
    assert status == "ERROR"
    return text

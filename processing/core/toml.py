"""Certificates as TOML text: read with what goes wrong, and written such that people can edit them."""

import json
import tomllib
from collections.abc import Mapping
from typing import Any

from processing.core.certification import BadCertificate
from processing.core.shape import BARE

MOST_CHARACTERS = 64_000


def read_entries(text: str) -> list[dict[str, Any]]:
    """The certificates of a text: one at the top level, or `[[certificate]]` tables that share what `[common]` says.

    Raises `BadCertificate` with line and column for what is no TOML.
    """
    if len(text) > MOST_CHARACTERS:
        raise BadCertificate(f"the text is longer than {MOST_CHARACTERS} characters")
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadCertificate(f"this is not TOML: {error}") from error
    if "certificate" not in data:
        return [data]
    shared, tables = data.get("common", {}), data["certificate"]
    if not isinstance(shared, dict) or not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
        raise BadCertificate("[common] must be a table, and [[certificate]] a list of tables")
    return [{**shared, **table} for table in tables]


def write(table: Mapping[str, Any]) -> str:
    """The table as TOML: its own values first, then lists of tables, then tables; an absent value is left out."""
    plain, lists, tables = [], [], []
    for key, value in table.items():
        if isinstance(value, Mapping):
            tables.append(f"\n[{name(key)}]\n" + "".join(line(*item) for item in value.items()))
        elif isinstance(value, list | tuple) and any(isinstance(one, Mapping) for one in value):
            rows = "".join(f"  {inline(one)},\n" for one in value)
            lists.append(f"{name(key)} = [\n{rows}]\n")
        else:
            plain.append(line(key, value))
    return "".join((*plain, *lists, *tables))


def line(key: str, value: Any) -> str:
    """`key = value`; nothing for None, which TOML does not have."""
    return "" if value is None else f"{name(key)} = {inline(value)}\n"


def name(key: str) -> str:
    """A key, in quotation marks if it needs them."""
    return key if BARE.fullmatch(key) else quoted(key)


def quoted(text: str) -> str:
    """A basic string: JSON's escapes are TOML's, which also wants DEL escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def inline(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{name(key)} = {inline(one)}" for key, one in value.items() if one is not None)
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(inline(one) for one in value)}]"
    return repr(value)

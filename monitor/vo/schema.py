"""TAP_SCHEMA: the tables about the tables, made of the same data that queries are compiled with."""

from collections.abc import Iterator, Mapping, Sequence

from monitor.vo.tables import Column, Key, Kind, Table

Cell = str | int | None
NAME = "TAP_SCHEMA"
_LAYOUT: Mapping[str, tuple[str, str]] = {
    "schemas": ("Schemas", "schema_name utype description schema_index:int"),
    "tables": ("Tables", "schema_name table_name table_type utype description table_index:int"),
    "columns": (
        "Columns of tables",
        "table_name column_name datatype arraysize xtype size:int description utype unit ucd indexed:int principal:int"
        " std:int column_index:int",
    ),
    "keys": ("Foreign keys", "key_id from_table target_table utype description"),
    "key_columns": ("Columns of foreign keys", "key_id from_column target_column"),
}
TARGETS = [
    Key("schema_tables", f"{NAME}.tables", f"{NAME}.schemas", [("schema_name", "schema_name")], "Its schema"),
    Key("schema_columns", f"{NAME}.columns", f"{NAME}.tables", [("table_name", "table_name")], "Its table"),
    Key("schema_from", f"{NAME}.keys", f"{NAME}.tables", [("from_table", "table_name")], "The table that it is in"),
    Key("schema_target", f"{NAME}.keys", f"{NAME}.tables", [("target_table", "table_name")], "The one that it names"),
    Key("schema_key_columns", f"{NAME}.key_columns", f"{NAME}.keys", [("key_id", "key_id")], "Its key"),
]


def described(schemas: Mapping[str, str], tables: Sequence[Table], keys: list[Key]) -> list[Table]:
    """The tables of TAP_SCHEMA over these and over themselves; their keys join the others."""
    keys += TARGETS
    own = [_table(name, []) for name in _LAYOUT]
    every = [*tables, *own]
    rows: Mapping[str, list[tuple[Cell, ...]]] = {
        "schemas": [(name, None, text, number) for number, (name, text) in enumerate(schemas.items(), 1)],
        "tables": [
            (t.schema, t.full_name, "table", t.utype or None, t.description, number)
            for number, t in enumerate(every, 1)
        ],
        "columns": [row for table in every for row in _columns(table)],
        "keys": [(key.id, key.source, key.target, None, key.description) for key in keys],
        "key_columns": [(key.id, *pair) for key in keys for pair in key.columns],
    }
    return [_table(name, rows[name]) for name in _LAYOUT]


def _columns(table: Table) -> Iterator[tuple[Cell, ...]]:
    for number, c in enumerate(table.columns, 1):
        kind = (c.kind.datatype, c.kind.arraysize or None, c.kind.xtype or None, None)
        texts = (c.description, c.utype or None, c.unit or None, c.ucd or None)
        yield (
            table.full_name,
            c.written,
            *kind,
            *texts,
            int(c.is_key),
            int(c.is_principal),
            int(c.is_standard),
            number,
        )


def _table(name: str, rows: Sequence[tuple[Cell, ...]]) -> Table:
    """One of them, its rows as parameters of VALUES."""
    description, layout = _LAYOUT[name]
    columns = [_column(number, *entry.partition(":")[::2]) for number, entry in enumerate(layout.split(), 1)]
    row = f"({', '.join(['%s'] * len(columns))})"
    values = f"(VALUES {', '.join([row] * len(rows))}) AS listed"
    return Table(NAME, name, description, values, columns, tuple(cell for line in rows for cell in line))


def _column(number: int, name: str, kind: str) -> Column:
    of = Kind(kind or "char")
    sql = f"CAST(column{number} AS {'integer' if of is Kind.INT else 'text'})"
    return Column(name, of, sql, f"{name.replace('_', ' ')}", is_standard=True)

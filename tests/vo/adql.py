"""Invents queries: well-formed ones from the tables, and mutants of them."""

import random

from monitor.vo.catalogue import TABLES

HOSTILE = [
    *(
        "'",
        '"',
        ";",
        "--",
        "/*",
        "*/",
        "\\",
        "%s",
        "%",
        "{}",
        "{0}",
        "$$",
        "\n",
        "(",
        ")",
        ",",
        ".",
        "||",
        "0x1F",
        "::text",
    ),
    *("DROP TABLE processing_product", "UNION SELECT", "pg_sleep(10)", "processing_job", "auth_user.password"),
    *(
        "pg_catalog.pg_tables",
        "information_schema.tables",
        "INTO",
        "DELETE FROM",
        "UPDATE",
        "COPY",
        "SET ROLE",
        "t0.dp_id",
    ),
    *(
        "1e999",
        "9" * 30,
        "''''",
        "E'\\x27'",
        "current_user",
        "version()",
        "lo_import('/etc/passwd')",
        "\u2019",
        "\ufeff",
    ),
    *(
        "SELECT",
        "FROM",
        "WHERE",
        "NULL",
        "TOP 0",
        "OFFSET 5",
        "ORDER BY 99",
        "GROUP BY 1",
        "HAVING",
        "IN ()",
        "LIKE '\\'",
    ),
]
NUMERIC = (
    "ABS",
    "FLOOR",
    "CEILING",
    "SQRT",
    "EXP",
    "LOG",
    "LOG10",
    "SIN",
    "ASIN",
    "DEGREES",
    "ROUND",
    "TRUNCATE",
    "MIN",
    "AVG",
)


class Author:
    """Writes queries from a seed."""

    def __init__(self, seed):
        self.dice = random.Random(seed)  # noqa: S311 - no secrets

    def query(self):
        """One that is mostly in order."""
        pick = self.dice
        table = pick.choice(TABLES)
        columns = [column.written for column in table.columns]
        self.numbers = [column.written for column in table.columns if column.kind.is_number] or ["1"]
        self.texts = [column.written for column in table.columns if column.kind.is_text]
        items = ", ".join(self.item(columns) for _ in range(pick.randint(1, 4)))
        parts = [f"SELECT {pick.choice(['', '', 'DISTINCT ', 'TOP 5 '])}{items} FROM {table.full_name}"]
        if pick.random() < 0.2:
            other = pick.choice(TABLES)
            parts.append(f"AS a JOIN {other.full_name} AS b ON a.{columns[0]} = b.{other.columns[0].written}")
        if pick.random() < 0.6:
            parts.append(f"WHERE {self.condition(columns, 3)}")
        if pick.random() < 0.2:
            parts.append(f"GROUP BY {pick.choice(columns)}")
        if pick.random() < 0.3:
            parts.append(f"ORDER BY {pick.choice([*columns, '1'])} {pick.choice(['', 'DESC'])}")
        return " ".join(parts)

    def mutant(self):
        """One with pieces lost, doubled, exchanged or put in."""
        pieces = self.query().split(" ")
        for _ in range(self.dice.randint(1, 4)):
            at = self.dice.randrange(len(pieces))
            change = self.dice.choice(["lose", "double", "exchange", "insert", "insert", "glue", "byte"])
            if change == "lose" and len(pieces) > 1:
                del pieces[at]
            elif change == "double":
                pieces.insert(at, pieces[at])
            elif change == "exchange":
                pieces[at] = self.dice.choice(pieces)
            elif change == "insert":
                pieces.insert(at, self.dice.choice(HOSTILE))
            elif change == "glue":
                pieces[at] += self.dice.choice(HOSTILE)
            else:
                pieces[at] = pieces[at][:1] + chr(self.dice.randrange(1, 300)) + pieces[at][1:]
        return " ".join(pieces)

    def item(self, columns):
        pick = self.dice
        column = pick.choice(columns)
        return pick.choice([*[column] * 5, self.value(2), self.value(1), "*", "COUNT(*) AS n", f"MAX({column})"])

    def value(self, depth):
        """A number."""
        pick = self.dice
        plain = [pick.choice(self.numbers), str(pick.randint(-9, 9999)), f"{pick.random():.3e}"]
        if depth == 0 or pick.random() < 0.4:
            return pick.choice(plain)
        inner, other = (self.value(depth - 1) for _ in range(2))
        return pick.choice(
            [f"({inner} {pick.choice('+-*/')} {other})", f"{pick.choice(NUMERIC)}({inner})", f"-{inner}"]
        )

    def condition(self, columns, depth):
        pick = self.dice
        a, b, c = (self.value(1) for _ in range(3))
        text = pick.choice(self.texts)
        if depth and pick.random() < 0.4:
            joined = pick.choice([" AND ", " OR "]).join(self.condition(columns, depth - 1) for _ in range(2))
            return f"{pick.choice(['', 'NOT '])}({joined})"
        word = pick.choice(["", "NOT "])
        forms = [
            f"{a} {pick.choice(['=', '<>', '!=', '<', '>='])} {b}",
            f"{a} IS {word}NULL",
            f"{a} {word}IN ({b}, {c})",
        ]
        circle = f"CIRCLE('ICRS', {b}, {c}, 1.5)"
        forms += [
            f"{a} {word}BETWEEN {b} AND {c}",
            f"{text} {word}LIKE 'a%'",
            f"{text} = 'some text'",
            f"1 = CONTAINS(POINT({a}, {b}), {circle})",
        ]
        return pick.choice(
            [*forms, f"DISTANCE(POINT({a}, {b}), POINT(1, 2)) < {c}", f"INTERSECTS(s_region, {circle}) = 1"]
        )

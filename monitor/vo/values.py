"""Turns values and conditions of a query into SQL; raises `BadQuery` for what does not fit together."""

from monitor.vo import functions
from monitor.vo.errors import BadQuery
from monitor.vo.geometry import MEASURES, QUESTIONS, SHAPES, Geometry
from monitor.vo.scope import Scope
from monitor.vo.sql import Sql, Value, build, join, number, text
from monitor.vo.tables import Kind
from monitor.vo.tree import (
    Between,
    Call,
    Comparison,
    In,
    IsNull,
    Like,
    Logic,
    Name,
    Node,
    Not,
    Number,
    Operation,
    Sign,
    Star,
    Text,
)


class Values:
    """The compiler of expressions; `visible` are the tables whose columns may be named now."""

    def __init__(self, scope: Scope, vendor: str) -> None:
        self.scope, self.vendor = scope, vendor
        self.visible = slice(None)
        self.geometry = Geometry(scope, self.numeric, vendor)

    def value(self, node: Node) -> Value:
        """A value; a condition is none."""
        match node:
            case Number(value=plain):
                return Value(number(plain), Kind.DOUBLE if isinstance(plain, float) else Kind.LONG)
            case Text(value=said):
                return Value(text(said), Kind.TEXT)
            case Name():
                return self.scope.value(node, self.visible)
            case Sign():
                return self._signed(node)
            case Operation():
                return self._operation(node)
            case Call():
                return self._call(node)
        raise BadQuery("Expected a value, found a condition", getattr(node, "at", None))

    def numeric(self, node: Node) -> Sql:
        """A value that is a number."""
        found = self.value(node)
        if not found.kind.is_number:
            raise BadQuery("Expected a number", getattr(node, "at", None))
        return found.sql

    def _signed(self, node: Sign) -> Value:
        inner = self.value(node.operand)
        if not inner.kind.is_number:
            raise BadQuery("Expected a number after the sign", node.at)
        return Value(build("(- {})", inner.sql), inner.kind) if node.sign == "-" else inner

    def _operation(self, node: Operation) -> Value:
        left, right = self.value(node.left), self.value(node.right)
        if node.sign == "||":
            if not (left.kind.is_text and right.kind.is_text):
                raise BadQuery("|| joins texts", node.at)
            return Value(build("({} || {})", left.sql, right.sql), Kind.TEXT)
        if not (left.kind.is_number and right.kind.is_number):
            raise BadQuery(f"{node.sign} takes numbers", node.at)
        sql = build(f"({{}} {node.sign} {{}})", left.sql, right.sql)
        return Value(sql, functions.widest([left, right]))

    def _call(self, node: Call) -> Value:
        if node.name in functions.AGGREGATES:
            return self._aggregate(node)
        if node.name in QUESTIONS:
            return Value(build("(CASE WHEN {} THEN 1 ELSE 0 END)", self.geometry.condition(node)), Kind.INT)
        if node.name in MEASURES:
            return self.geometry.measure(node)
        if node.name in SHAPES:
            raise BadQuery(f"A {node.name} can only stand in CONTAINS, INTERSECTS or DISTANCE", node.at)
        if any(isinstance(argument, Star) for argument in node.arguments):
            raise BadQuery("Only COUNT takes *", node.at)
        return functions.called(node, [self.value(argument) for argument in node.arguments], self.vendor)

    def _aggregate(self, node: Call) -> Value:
        if len(node.arguments) != 1:
            raise BadQuery(f"{node.name} takes 1 argument", node.at)
        [argument] = node.arguments
        return functions.aggregated(node, None if isinstance(argument, Star) else self.value(argument))

    def condition(self, node: Node) -> Sql:
        """A condition; a value is none."""
        match node:
            case Logic(word=word, conditions=several):
                return build("({})", join(f" {word} ", [self.condition(one) for one in several]))
            case Not(condition=inner):
                return build("(NOT {})", self.condition(inner))
        return self._predicate(node)

    def _predicate(self, node: Node) -> Sql:
        match node:
            case Comparison():
                return self._comparison(node)
            case Between():
                return self._between(node)
            case In():
                return self._in(node)
            case Like():
                return self._like(node)
            case IsNull(value=value, negated=negated):
                return build(f"({{}} IS {'NOT ' if negated else ''}NULL)", self.value(value).sql)
        raise BadQuery("Expected a condition, found a value", getattr(node, "at", None))

    def _comparison(self, node: Comparison) -> Sql:
        if asked := self._question(node):
            return asked
        left, right = self.value(node.left), self.value(node.right)
        self._alike([left, right], node.at)
        return build(f"({{}} {node.sign} {{}})", left.sql, right.sql)

    def _question(self, node: Comparison) -> Sql | None:
        """CONTAINS(...) = 1 and the like as a condition of its own, which an index may serve."""
        for call, wanted in ((node.left, node.right), (node.right, node.left)):
            if isinstance(call, Call) and call.name in QUESTIONS and node.sign == "=":
                match wanted:
                    case Number(value=1):
                        return self.geometry.condition(call)
                    case Number(value=0):
                        return build("(NOT {})", self.geometry.condition(call))
        return None

    def _between(self, node: Between) -> Sql:
        parts = [self.value(one) for one in (node.value, node.low, node.high)]
        self._alike(parts, node.at)
        word = "NOT BETWEEN" if node.negated else "BETWEEN"
        return build(f"({{}} {word} {{}} AND {{}})", *(part.sql for part in parts))

    def _in(self, node: In) -> Sql:
        value, choices = self.value(node.value), [self.value(one) for one in node.choices]
        self._alike([value, *choices], node.at)
        word = "NOT IN" if node.negated else "IN"
        return build(f"({{}} {word} ({{}}))", value.sql, join(", ", [one.sql for one in choices]))

    def _like(self, node: Like) -> Sql:
        value, pattern = self.value(node.value), self.value(node.pattern)
        if not (value.kind.is_text and pattern.kind.is_text):
            raise BadQuery("LIKE compares texts", node.at)
        word = "NOT LIKE" if node.negated else "LIKE"
        # A backslash has no meaning in a pattern of ADQL; SQLite is told so, too, that case counts.
        template = f"(LOWER({{}}) {word} LOWER({{}}) ESCAPE '')" if node.blind else f"({{}} {word} {{}} ESCAPE '')"
        if self.vendor == "sqlite":
            template = template.replace(" ESCAPE ''", "")
        return build(template, value.sql, pattern.sql)

    @staticmethod
    def _alike(values: list[Value], at: int) -> None:
        if not functions.alike(values):
            raise BadQuery("Numbers are compared with numbers, texts with texts", at)

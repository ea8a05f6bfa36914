"""ADQL's geometry: POINT, CIRCLE, BOX, POLYGON and the column s_region, and what is asked of them."""

from collections.abc import Callable, Mapping

from monitor.vo import sphere
from monitor.vo.errors import BadQuery
from monitor.vo.scope import Scope
from monitor.vo.sphere import Circle, Point, Polygon, Shape
from monitor.vo.sql import Sql, Value, build
from monitor.vo.tables import Kind
from monitor.vo.tree import Call, Name, Node, Number, Sign, Text

Numeric = Callable[[Node], Sql]
QUESTIONS: Mapping[str, Callable[[Shape, Shape], Sql | None]] = {
    "CONTAINS": lambda inner, outer: sphere.contains(outer, inner),
    "INTERSECTS": sphere.intersects,
}
"""They are answered by 1 or 0."""
MEASURES = frozenset({"DISTANCE", "COORD1", "COORD2"})
SHAPES = frozenset({"POINT", "CIRCLE", "BOX", "POLYGON"})
FRAMES = ("", "ICRS", "UNKNOWN", "UNKNOWNFRAME")
PAIR, CORNERS = 2, 3


class Geometry:
    """Shapes of one query; `numeric` compiles an argument that is a number."""

    def __init__(self, scope: Scope, numeric: Numeric, vendor: str) -> None:
        self.scope, self.numeric, self.vendor = scope, numeric, vendor

    def condition(self, call: Call) -> Sql:
        """CONTAINS or INTERSECTS as a condition."""
        if len(call.arguments) != PAIR:
            raise BadQuery(f"{call.name} takes 2 shapes", call.at)
        a, b = (self.shape(argument) for argument in call.arguments)
        found = QUESTIONS[call.name](a, b)
        if found is None:
            kinds = f"{type(a).__name__.upper()} and {type(b).__name__.upper()}"
            raise BadQuery(f"{call.name} is not supported for {kinds}", call.at)
        return found

    def measure(self, call: Call) -> Value:
        """DISTANCE, COORD1 or COORD2, in degrees."""
        if call.name == "DISTANCE":
            return Value(sphere.distance(*self._pair(call), self.vendor), Kind.DOUBLE)
        if len(call.arguments) != 1:
            raise BadQuery(f"{call.name} takes a POINT", call.at)
        point = self.point(call.arguments[0])
        return Value(point.ra if call.name == "COORD1" else point.dec, Kind.DOUBLE)

    def _pair(self, call: Call) -> tuple[Point, Point]:
        match call.arguments:
            case (a, b):
                return self.point(a), self.point(b)
            case (a, b, c, d):
                return Point(self.numeric(a), self.numeric(b)), Point(self.numeric(c), self.numeric(d))
        raise BadQuery("DISTANCE takes two POINTs, or four numbers", call.at)

    def point(self, node: Node) -> Point:
        """A POINT; raises `BadQuery` for another shape."""
        found = self.shape(node)
        if not isinstance(found, Point):
            raise BadQuery("Expected a POINT", getattr(node, "at", None))
        return found

    def shape(self, node: Node) -> Shape:
        """Any shape."""
        if isinstance(node, Name) and self.scope.value(node).kind is Kind.REGION:
            return self._region(node)
        if not isinstance(node, Call) or node.name not in SHAPES:
            raise BadQuery("Expected a shape: POINT, CIRCLE, BOX, POLYGON or s_region", getattr(node, "at", None))
        arguments = self._without_frame(node)
        if node.name == "POINT":
            return self._point(arguments, node.at)
        if node.name == "CIRCLE":
            return self._circle(arguments, node.at)
        return self._polygon(node, [_fixed(argument) for argument in arguments])

    def _region(self, name: Name) -> Circle:
        """The region of a product: the circle that its aperture is; without one, its position."""
        ra, dec, width = (
            self.scope.value(Name((*name.parts[:-1], one), name.at)) for one in ("s_ra", "s_dec", "s_fov")
        )
        return Circle(Point(ra.sql, dec.sql), build("(COALESCE({}, 0e0) / 2e0)", width.sql))

    @staticmethod
    def _without_frame(call: Call) -> tuple[Node, ...]:
        first = call.arguments[0] if call.arguments else None
        if not isinstance(first, Text):
            return call.arguments
        frame = first.value.upper().split()
        if len(frame) > 0 and frame[0] not in FRAMES:
            raise BadQuery("Positions here are in ICRS only", first.at)
        return call.arguments[1:]

    def _point(self, arguments: tuple[Node, ...], at: int) -> Point:
        if len(arguments) != PAIR:
            raise BadQuery("A POINT has a right ascension and a declination", at)
        ra, dec = (self.numeric(argument) for argument in arguments)
        return Point(ra, dec)

    def _circle(self, arguments: tuple[Node, ...], at: int) -> Circle:
        match arguments:
            case (centre, radius):
                return Circle(self.point(centre), self.numeric(radius))
            case (ra, dec, radius):
                return Circle(self._point((ra, dec), at), self.numeric(radius))
        raise BadQuery("A CIRCLE has a centre and a radius", at)

    @staticmethod
    def _polygon(call: Call, numbers: list[float]) -> Polygon:
        try:
            return sphere.polygon(_box(numbers) if call.name == "BOX" else _corners(numbers))
        except ValueError as error:
            raise BadQuery(f"{call.name}: {error}", call.at) from None


def _fixed(node: Node) -> float:
    """A number that stands in the query itself."""
    match node:
        case Number(value=value):
            return float(value)
        case Sign(sign=sign, operand=Number(value=value)):
            return -float(value) if sign == "-" else float(value)
    raise BadQuery("The corners of a BOX or POLYGON must be plain numbers", getattr(node, "at", None))


def _corners(numbers: list[float]) -> list[tuple[float, float]]:
    if len(numbers) % PAIR or len(numbers) < PAIR * CORNERS:
        raise ValueError("three corners at least, each with right ascension and declination")
    return list(zip(numbers[::PAIR], numbers[1::PAIR], strict=True))


def _box(numbers: list[float]) -> list[tuple[float, float]]:
    """Its corners; its sides are great circles."""
    if len(numbers) != PAIR + PAIR:
        raise ValueError("centre (right ascension, declination), width and height")
    ra, dec, width, height = numbers
    x, y = width / 2, height / 2
    return [(ra - x, dec - y), (ra + x, dec - y), (ra + x, dec + y), (ra - x, dec + y)]

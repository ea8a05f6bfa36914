"""Shapes on the sphere, and SQL for how they lie to each other: plain trigonometry, no database extension."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.vo.sql import Sql, build, join, number

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Point:
    """A position in degrees."""

    ra: Sql
    dec: Sql


@dataclass(frozen=True)
class Circle:
    """A circle; radius in degrees."""

    centre: Point
    radius: Sql


@dataclass(frozen=True)
class Polygon:
    """A convex polygon of fixed corners, by the inward normals of its sides, which are great circles."""

    normals: Sequence[Vector]


Shape = Point | Circle | Polygon


def polygon(corners: Sequence[tuple[float, float]]) -> Polygon:
    """From its corners (ra, dec) in degrees; ValueError unless convex and smaller than half of the sky."""
    at = [vector(*corner) for corner in corners]
    sides = [cross(a, b) for a, b in zip(at, at[1:] + at[:1], strict=True)]
    lengths = [math.sqrt(dot(side, side)) for side in sides]
    if min(lengths) < 1e-12:  # noqa: PLR2004 - rounding
        raise ValueError("two corners that follow each other are the same, or opposite")
    normals = [(x / n, y / n, z / n) for (x, y, z), n in zip(sides, lengths, strict=True)]
    inside = [dot(normal, corner) for normal in normals for corner in at]
    if min(inside) < -1e-9 < 1e-9 < max(inside):
        raise ValueError("the polygon is not convex, or larger than half of the sky")
    sign = 1.0 if max(inside) > -min(inside) else -1.0
    return Polygon([(sign * x, sign * y, sign * z) for x, y, z in normals])


def vector(ra: float, dec: float) -> Vector:
    """The unit vector of a position in degrees."""
    a, d = math.radians(ra), math.radians(dec)
    return math.cos(d) * math.cos(a), math.cos(d) * math.sin(a), math.sin(d)


def dot(a: Vector, b: Vector) -> float:
    """Scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vector, b: Vector) -> Vector:
    """Vector product."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def haversine(a: Point, b: Point) -> Sql:
    """The square of the sine of half the distance, which is exact for small ones, too."""
    template = (
        "(POWER(SIN(RADIANS(({} - {}) / 2e0)), 2e0)"
        " + COS(RADIANS({})) * COS(RADIANS({})) * POWER(SIN(RADIANS(({} - {}) / 2e0)), 2e0))"
    )
    return build(template, a.dec, b.dec, a.dec, b.dec, a.ra, b.ra)


def distance(a: Point, b: Point, vendor: str) -> Sql:
    """In degrees."""
    least = "MIN" if vendor == "sqlite" else "LEAST"
    return build(f"DEGREES(2e0 * ASIN(SQRT({least}(1e0, {{}}))))", haversine(a, b))


def near(a: Point, b: Point, radius: Sql) -> Sql:
    """Whether the distance is at most so many degrees; declinations first, which is cheap and leaves few."""
    limit = "CASE WHEN {} < 0 THEN -1e0 WHEN {} >= 180 THEN 2e0 ELSE POWER(SIN(RADIANS({}) / 2e0), 2e0) END"
    inside = build(f"({{}} <= {limit})", haversine(a, b), radius, radius, radius)
    return build("(ABS({} - {}) <= {} AND {})", a.dec, b.dec, radius, inside)


def beyond(point: Point, shape: Polygon, margin: Sql) -> Sql:
    """Whether the point lies inside of each side by so many degrees at least."""
    sides = []
    for x, y, z in shape.normals:
        along = build("COS(RADIANS({})) * COS(RADIANS({})) * {}", point.dec, point.ra, number(x))
        across = build("COS(RADIANS({})) * SIN(RADIANS({})) * {}", point.dec, point.ra, number(y))
        up = build("SIN(RADIANS({})) * {}", point.dec, number(z))
        # A point on a side is inside, whatever rounding says.
        sides.append(build("{} + {} + {} >= SIN(RADIANS({})) - 1e-12", along, across, up, margin))
    return build("({})", join(" AND ", sides))


ZERO = Sql("0e0")


def contains(outer: Shape, inner: Shape) -> Sql | None:
    """Whether the second holds all of the first; None if that cannot be said here."""
    match inner, outer:
        case Point(), Point():
            return near(inner, outer, ZERO)
        case Point(), Circle():
            return near(inner, outer.centre, outer.radius)
        case Point(), Polygon():
            return beyond(inner, outer, ZERO)
        case Circle(), Circle():
            return near(inner.centre, outer.centre, build("({} - {})", outer.radius, inner.radius))
        case Circle(), Polygon():
            return beyond(inner.centre, outer, inner.radius)
    return None


def intersects(a: Shape, b: Shape) -> Sql | None:
    """Whether they have a point in common; None if that cannot be said here.

    A circle near a corner of a polygon counts although it may pass outside of it, by less than its radius.
    """
    match a, b:
        case Circle(), Circle():
            return near(a.centre, b.centre, build("({} + {})", a.radius, b.radius))
        case Circle(), Polygon():
            return beyond(a.centre, b, build("(-{})", a.radius))
        case Polygon(), Circle():
            return intersects(b, a)
        case (Point(), _):
            return contains(b, a)
        case (_, Point()):
            return contains(a, b)
    return None

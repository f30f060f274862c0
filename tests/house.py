"""The rooms of ``bridge/`` as a picture, drawn from the imports: ``docs/house.svg``.

Rooms are folders and the modules that stand beside them. Each stands below all that takes from it; an arrow is left out where
a longer way leads to the same room. ``python tests/refresh_tables.py`` draws it again, and a test compares it.
"""

from __future__ import annotations

from functools import cache
from html import escape

from test_layout import arrows, imports, modules, room

WIDTH, HEIGHT, GAP, STEP, MARGIN = 118, 30, 14, 74, 20
_SMALL = {
    "version.py",
    "xml.py",
    "options.py",
    "__init__.py",
    "__main__.py",
    "run/files.py",
    "run/names.py",
    "fhir/extensions.py",
}
"""Rooms that all may take from, or that only open the door: without interest in the picture."""


@cache
def takes() -> dict[str, set[str]]:
    """What each room of the picture really takes from."""
    found: dict[str, set[str]] = {name: set() for name in arrows() if name not in _SMALL}
    for module in modules():
        for each in imports(module):
            if (
                each.taken in modules()
                and not each.for_types
                and {one := room(module), other := room(each.taken)} <= found.keys()
            ):
                found[one] |= {other} - {one}
    return found


def _reached(start: str) -> set[str]:
    """Every room that a room leads to."""
    return {start}.union(*(_reached(each) for each in takes()[start]))


def _level(name: str) -> int:
    return max((_level(each) + 1 for each in takes()[name]), default=0)


def _direct(name: str) -> set[str]:
    """The rooms that a room leads to by no longer way."""
    further = set().union(*(_reached(each) - {each} for each in takes()[name]))
    return takes()[name] - further


def _places() -> dict[str, tuple[float, float]]:
    """Centre of each room, the highest level first; in a level, a room stands near what it takes from."""
    levels: dict[int, list[str]] = {}
    for name in takes():
        levels.setdefault(_level(name), []).append(name)
    widest = max(len(names) for names in levels.values())
    found: dict[str, tuple[float, float]] = {}
    for level in sorted(levels):
        names = sorted(levels[level], key=lambda n: (sum(found[x][0] for x in _direct(n)) / max(1, len(_direct(n))), n))
        left = MARGIN + (widest - len(names)) * (WIDTH + GAP) / 2
        for index, name in enumerate(names):
            y = MARGIN + (max(levels) - level) * STEP + HEIGHT / 2
            found[name] = (left + index * (WIDTH + GAP) + WIDTH / 2, y)
    return found


def picture() -> str:
    """The picture as SVG that needs nothing else."""
    places = _places()
    width = max(x for x, _ in places.values()) + WIDTH / 2 + MARGIN
    height = max(y for _, y in places.values()) + HEIGHT / 2 + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-labelledby="t">',
        '<title id="t">The rooms of bridge/; an arrow leads from a room to one that it takes from</title>',
        '<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="#5b6b7f"/></marker></defs>',
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#fff"/>',
    ]
    for name in sorted(places):
        for other in sorted(_direct(name)):
            (x, y), (to_x, to_y) = places[name], places[other]
            start, end, steps = y + HEIGHT / 2, to_y - HEIGHT / 2, _level(name) - _level(other)
            side = 1 if sum(map(ord, name + other)) % 2 else -1
            one, two = (x, to_x) if steps == 1 else (x + side * WIDTH * steps / 3, to_x + side * WIDTH * steps / 3)
            bend = (end - start) / (2 if steps == 1 else 4)
            parts.append(
                f'<path d="M{x:.0f} {start:.0f}C{one:.0f} {start + bend:.0f} {two:.0f} {end - bend:.0f} {to_x:.0f} {end:.0f}"'
                ' fill="none" stroke="#5b6b7f" stroke-width="1.2" marker-end="url(#a)"/>'
            )
    for name, (x, y) in sorted(places.items()):
        parts.append(
            f'<rect x="{x - WIDTH / 2:.0f}" y="{y - HEIGHT / 2:.0f}" width="{WIDTH}" height="{HEIGHT}" rx="6" fill="#eef3f8" '
            'stroke="#1f4e79"/>'
            f'<text x="{x:.0f}" y="{y + 4:.0f}" text-anchor="middle" font-family="sans-serif" font-size="12" fill="#10283f">'
            f"{escape(name.removesuffix('.py'))}</text>"
        )
    return "\n".join([*parts, "</svg>", ""])

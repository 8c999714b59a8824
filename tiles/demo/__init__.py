"""The demo city 联动市 (Liandong): a city that does not exist, drawn by rule and hand, the same each time."""

from tiles.demo.city import generate

__all__ = ["generate"]

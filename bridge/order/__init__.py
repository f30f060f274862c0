"""The order: what the functional specification asks for, with its XML, its identifiers and its moments.

Its classes are known by this name, whatever module of the room they stand in; :mod:`bridge.order.model` says what they keep to.
"""

from bridge.order import header, model, people, values
from bridge.order.header import *  # noqa: F403
from bridge.order.model import *  # noqa: F403
from bridge.order.people import *  # noqa: F403
from bridge.order.values import *  # noqa: F403

__all__ = [*header.__all__, *model.__all__, *people.__all__, *values.__all__]

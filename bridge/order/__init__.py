"""The order: what the functional specification asks for, with its XML, its identifiers and its moments.

The classes of the order are those of :mod:`bridge.order.model`; they are known by this name to the users of the library.
"""

from bridge.order.model import *  # noqa: F403
from bridge.order.model import __all__ as __all__

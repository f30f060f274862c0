"""Symbols to scan, as SVG: the INS as a square Data Matrix ECC 200, national numbers as Code 128.

Source: ISO/IEC 16022; ISO/IEC 15417; docs/paper.md. ``force_square`` is needed: without it zxing makes a
rectangle (DMRE), which is outside the standard, and does not say so.
"""

from __future__ import annotations

import re
from functools import lru_cache

from bridge.views.sheet import Symbol

__all__ = ["svg"]

_DRAWN = re.compile(r'<svg width="(\d+)" height="(\d+)".*?<path d="([^"]*)"', re.DOTALL)


@lru_cache(512)
def svg(symbol: Symbol) -> str:
    """The symbol in black on white, with its quiet zone."""
    import zxingcpp

    if symbol.kind == "datamatrix":
        barcode = zxingcpp.create_barcode(symbol.data, zxingcpp.BarcodeFormat.DataMatrix, force_square=True)
    else:
        barcode = zxingcpp.create_barcode(symbol.data.decode("ascii"), zxingcpp.BarcodeFormat.Code128)
    drawn = _DRAWN.search(barcode.to_svg(add_quiet_zones=True))
    assert drawn is not None
    width, height, path = drawn.groups()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'preserveAspectRatio="none" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{width}v{height}H0z"/>'
        f'<path d="{path}"/></svg>'
    )

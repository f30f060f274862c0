"""The sheet of an order: its content for people, which paper and page print alike."""

from bridge.views.sheet.build import document_name, file_name, file_of, sheet_of
from bridge.views.sheet.model import Banner, Run, Sheet, SheetBlock, SheetEntry, Symbol, Value

__all__ = [
    "Banner",
    "Run",
    "Sheet",
    "SheetBlock",
    "SheetEntry",
    "Symbol",
    "Value",
    "document_name",
    "file_name",
    "file_of",
    "sheet_of",
]

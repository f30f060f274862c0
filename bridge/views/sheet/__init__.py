"""The sheet of an order: its content for people, which paper and page print alike."""

from bridge.views.sheet.build import document_name, file_name, file_of, sheet_of
from bridge.views.sheet.model import Banner, Block, Entry, Run, Sheet, Symbol, Value

__all__ = ["Banner", "Block", "Entry", "Run", "Sheet", "Symbol", "Value", "document_name", "file_name", "file_of", "sheet_of"]

"""Logs as JSON lines on standard error. Only names that this program chose are written: no header, path or body of a request.

A fault is logged by its type and the places of the code it went through, never by its message, which could hold a value.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from bridge.run.workers.tasks import Fault

__all__ = ["configure", "log"]

_logger = logging.getLogger("imgda")


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.msg if record.name == _logger.name else record.name,
            **getattr(record, "fields", {}),
        }
        if record.name.startswith("uvicorn"):
            line["detail"] = str(record.msg)
        if record.exc_info and record.exc_info[0] is not None:
            line |= _told(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def _told(fault: BaseException | Fault | None) -> dict[str, Any]:
    """What is said of a fault."""
    if fault is None:
        return {}
    found = fault if isinstance(fault, Fault) else Fault.of(fault)
    return {"fault": found.kind, "at": list(found.at)}


def configure(level: str = "info") -> None:
    """Send everything that is logged to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)


def log(event: str, *, level: int = logging.INFO, fault: BaseException | Fault | None = None, **fields: Any) -> None:
    """Write one line."""
    _logger.log(level, event, extra={"fields": {**fields, **_told(fault)}})

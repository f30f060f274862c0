"""A batch on a Dask cluster: blocks of the input are converted wherever there is room, each into files of its own.

A block is a range of bytes of an NDJSON file, or a few files. It is read and written through fsspec (file, s3, gcs, abfs…) by the
worker that has it. Its journal is written last: a block that has one is done, so a block that runs twice, because its worker was
lost, writes the same bytes under the same names, and a batch that is started again does only what is missing.

Each Dask worker converts in a process of its own (:mod:`bridge.run.workers.pool`): what Saxon prints stays there, and a crash
costs one order, not the worker.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tempfile
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import fsspec  # type: ignore[import-untyped]
from distributed import Client, Future, as_completed

from bridge.findings.errors import SettingsError, SourceError
from bridge.findings.issues import Language, issue
from bridge.run import files
from bridge.run.batch import deadletters
from bridge.run.batch.sources import Item, unread
from bridge.run.names import escaped
from bridge.run.workers.pool import Pool
from bridge.run.workers.tasks import Answer, Task
from bridge.run.workers.versions import VERSION, mapping
from bridge.settings import Settings

__all__ = ["Block", "ClusterJob", "blocks_of", "convert_block", "run"]

BLOCK_BYTES = 4 * 1024 * 1024
BLOCK_FILES = 100
_RETRIES = 3
"""How often a block may start again after the loss of its worker."""


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the input."""

    number: int
    paths: tuple[str, ...]
    """One NDJSON file, or files that hold an order each."""
    start: int | None = None
    """First byte of the range; ``None`` for whole files that hold an order each."""
    end: int = 0


@dataclass(frozen=True, slots=True)
class ClusterJob:
    """What every block needs to know."""

    output: str
    """Folder, as fsspec writes it."""
    settings: Settings
    options: dict[str, Any]
    seconds: float
    language: Language = "fr"
    mode: int = 0o600
    """Permissions of what is written, where the store has any."""


def blocks_of(source: str) -> list[Block]:
    """Cut an input into blocks: a file .ndjson or .jsonl by its lines, a compressed one whole, other files by the hundred.

    Raises :class:`SourceError` where there is nothing.
    """
    system, path = fsspec.core.url_to_fs(source)
    names = sorted(system.find(path)) if system.isdir(path) else sorted(system.glob(path))
    names = [name for name in names if not name.rpartition("/")[2].startswith(".")]
    full = [system.unstrip_protocol(name) for name in names]
    orders = [name for name in full if name.lower().endswith((".json", ".xml"))]
    lines = [name for name in full if name.lower().endswith((".ndjson", ".jsonl", ".gz"))]
    parts: list[tuple[tuple[str, ...], int | None, int]] = []
    for name in lines:
        size = system.size(system._strip_protocol(name))
        parts += [((name,), start, end) for start, end in _ranges(name, size)]
    parts += [(tuple(orders[i : i + BLOCK_FILES]), None, 0) for i in range(0, len(orders), BLOCK_FILES)]
    if not parts:
        raise SourceError(issue("IMGDA-1824", None))
    return [Block(number, *part) for number, part in enumerate(parts)]


def _ranges(name: str, size: int) -> Iterator[tuple[int, int]]:
    """The ranges of bytes of one NDJSON file; all of it where it is compressed."""
    step = size if name.lower().endswith(".gz") else BLOCK_BYTES
    return ((start, min(start + step, size)) for start in range(0, size, max(step, 1)))


def run(address: str, source: str, job: ClusterJob, *, progress: Callable[[int, int], None]) -> Counter[str]:
    """Convert on the cluster at *address*, or go on where an earlier run came to; how many orders had which outcome.

    *progress* is told the number of blocks done and of all. Raises :class:`SettingsError` when the output is that of another
    input or of other settings.
    """
    blocks = blocks_of(source)
    _claim(job, blocks)
    left = [block for block in blocks if not _is_done(job, block)]
    finished = len(blocks) - len(left)
    with Client(address) as client:  # type: ignore[no-untyped-call]
        waiting = iter(left)
        room = 2 * max(1, sum(client.nthreads().values()))
        queue: Any = as_completed(  # type: ignore[no-untyped-call]
            [_submit(client, job, block) for block in islice(waiting, room)]
        )
        for done in queue:
            done.result()
            if (block := next(waiting, None)) is not None:
                queue.add(_submit(client, job, block))
            finished += 1
            progress(finished, len(blocks))
    found = _outcomes(job, blocks)
    if not found:
        raise SourceError(issue("IMGDA-1753", None))
    return found


def _submit(client: Client, job: ClusterJob, block: Block) -> Future[int]:
    return client.submit(convert_block, job, block, pure=False, retries=_RETRIES)


def _claim(job: ClusterJob, blocks: list[Block]) -> None:
    """Note what the output is of. Raises :class:`SettingsError` when it is of something else."""
    text = repr(
        ([(b.paths, b.start, b.end) for b in blocks], job.settings, sorted(job.options.items()), job.language, VERSION, mapping())
    )
    about = hashlib.sha256(text.encode()).hexdigest()
    path = f"{job.output}/run.json"
    system, plain = fsspec.core.url_to_fs(path)
    if system.exists(plain):
        if json.loads(system.cat(plain)) != {"run": about}:
            raise SettingsError(issue("IMGDA-1822", None, what="input"))
        return
    _write(path, [json.dumps({"run": about}).encode()], job.mode)


def _name(job: ClusterJob, block: Block, kind: str) -> str:
    return f"{job.output}/{kind}-{block.number:06d}.ndjson"


def _is_done(job: ClusterJob, block: Block) -> bool:
    system, path = fsspec.core.url_to_fs(_name(job, block, "journal"))
    return bool(system.exists(path))


def _outcomes(job: ClusterJob, blocks: list[Block]) -> Counter[str]:
    found: Counter[str] = Counter()
    for block in blocks:
        with fsspec.open(_name(job, block, "journal"), "rb") as file:
            found.update(json.loads(line)["outcome"] for line in file)
    return found


# --- on the workers --------------------------------------------------------------------------------------------------

_pools: dict[str, Pool] = {}
"""One pool for each settings, by their text."""
_lock = threading.Lock()


def convert_block(job: ClusterJob, block: Block) -> int:
    """Convert one block and write its files, the journal last; how many orders it had."""
    results: list[bytes] = []
    dead: list[bytes] = []
    journal: list[bytes] = []
    with _lock:
        for item in _items(block, job.settings.limits.input_mib * 1024 * 1024):
            answer = Answer(None, (item.problem,), "internal") if item.problem else _answer(job, item)
            if answer.output is not None:
                results.append(answer.output)
            else:
                dead.append(deadletters.write(item, answer.issues, job.language))
            line: dict[str, Any] = {"origin": item.origin, "digest": item.digest, "outcome": answer.outcome}
            line |= {"issues": answer.codes, "id": answer.document_id}
            journal.append(json.dumps(line | {"ms": round(answer.seconds * 1000, 1)}, ensure_ascii=False).encode())
        for kind, lines in (("part", results), ("dead", dead), ("journal", journal)):
            if lines or kind == "journal":
                _write(_name(job, block, kind), lines, job.mode)
    return len(journal)


def _write(path: str, lines: list[bytes], mode: int) -> None:
    """Write a file whole or not at all: stores of objects do so by themselves, a disk by renaming a file of a name of its own."""
    data = b"".join(line + b"\n" for line in lines)
    system, plain = fsspec.core.url_to_fs(path)
    if "file" not in system.protocol:
        system.pipe_file(plain, data)
        return
    folder, _, name = plain.rpartition("/")
    files.share(mode)
    files.make_folder(Path(folder))
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
    with os.fdopen(handle, "wb") as file:
        os.chmod(temporary, mode)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, plain)


def _items(block: Block, limit: int) -> Iterator[Item]:
    """The orders of a block; what cannot be read is one with its problem. A line belongs to the block in which it begins."""
    if block.start is None:
        for index, path in enumerate(block.paths, start=1):
            yield _file(index, path, limit)
        return
    path, position = block.paths[0], block.start
    try:
        for start, line in _lines(path, block.start, block.end):
            position = start
            if line.strip():
                origin = escaped(f"{path}#{position}")
                yield Item(position + 1, origin, origin, line.strip(), 0)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        yield Item(position + 1, "", escaped(path), b"", 0, issue("IMGDA-1823", None))
    except OSError as error:
        if not files.is_of_one_file(error, reading=True):
            raise
        yield Item(position + 1, "", escaped(path), b"", 0, unread(error))


def _file(index: int, path: str, limit: int) -> Item:
    """A file that holds one order."""
    name = escaped(path)
    try:
        system, plain = fsspec.core.url_to_fs(path)
        if "file" in system.protocol:
            return Item(index, name, name, files.read(Path(plain), limit), 0)
        with system.open(plain, "rb") as file:
            return Item(index, name, name, file.read(limit + 1), 0)
    except OSError as error:
        if not files.is_of_one_file(error, reading=True):
            raise
        return Item(index, name, name, b"", 0, unread(error))


def _lines(path: str, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that begin between two bytes, each with its own first byte; all those of a compressed file."""
    compressed = path.lower().endswith(".gz")
    with fsspec.open(path, "rb", compression="gzip" if compressed else None) as file:
        position = start
        if position:
            file.seek(position - 1)
            position += len(file.readline()) - 1
        while (compressed or position < end) and (line := file.readline()):
            yield position, line
            position += len(line)


def _answer(job: ClusterJob, item: Item) -> Answer:
    key = repr((job.settings, job.seconds))
    if key not in _pools:
        _pools[key] = Pool(job.settings, 1, seconds=job.seconds)
    return _pools[key].settle(Task("convert", item.body, job.options, "bundle", job.language, position=item.origin))

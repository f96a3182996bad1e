"""The analysis of modules, here or shared out to processes; what comes back is the same."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from statelint.engine.project import Failure, Project, failure
from statelint.source import Problem, SourceFile

if TYPE_CHECKING:
    from statelint.config import Settings
    from statelint.effects import ModuleFacts

_CHUNKS_PER_JOB = 6
_SMALL = 400_000
"""Bytes of source below which starting processes costs more than it saves."""


class WorkerError(Exception):
    """A process of the run died."""


class Share(msgspec.Struct):
    """What the analysis of some modules gave: facts, problems by module, and which modules' comments speak to us."""

    facts: list[ModuleFacts]
    problems: dict[str, list[Problem]]
    speaking: list[str]
    failures: list[Failure]


class _Packed(msgspec.Struct):
    facts: bytes
    rest: bytes


class _Rest(msgspec.Struct):
    problems: dict[str, list[Problem]]
    speaking: list[str]
    failures: list[Failure]


Progress = Callable[[int, int], None]


def analyse_here(project: Project, modules: Sequence[str], settings: Settings) -> Share:
    """Analyse modules in this process. A module that makes the analysis fail is left out and named."""
    from statelint import effects
    from statelint.models.errors import ModelError

    failures: list[Failure] = []
    facts: list[ModuleFacts] = []
    try:
        facts.extend(effects.analyse(project, list(modules), settings))
    except ModelError:
        raise
    except Exception:
        facts.clear()
        for name in modules:
            try:
                facts.extend(effects.analyse(project, [name], settings))
            except Exception as error:
                failures.append(failure(project.modules[name].path, error))
    for name in modules:
        if name not in project.problems:
            project.module_ir(name)
    failures.extend(project.failures.pop(name) for name in modules if name in project.failures)
    problems = {name: project.problems[name] for name in modules if project.problems[name]}
    usable = (name for name in modules if not any(each.whole for each in problems.get(name, ())))
    speaking = [name for name in usable if project.modules[name].speaks]
    return Share(facts, problems, speaking, failures)


def analyse_all(project: Project, settings: Settings, jobs: int, progress: Progress | None = None) -> Share:
    """Analyse all modules of a project with up to ``jobs`` processes (0: as many as the machine has)."""
    names = sorted(project.modules)
    sizes = {name: _size(project.modules[name]) for name in names}
    total = sum(sizes.values())
    count = jobs or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else jobs or os.cpu_count() or 1
    if count <= 1 or len(names) < 2 or (not jobs and total < _SMALL):
        return _one_process(project, names, settings, progress)
    return _several(project, _chunks(names, sizes, total // (count * _CHUNKS_PER_JOB) + 1), settings, count, progress)


def _one_process(project: Project, names: list[str], settings: Settings, progress: Progress | None) -> Share:
    if progress is None:
        return _joined([analyse_here(project, names, settings)])
    shares: list[Share] = []
    step = max(len(names) // 50, 8)
    for start in range(0, len(names), step):
        shares.append(analyse_here(project, names[start : start + step], settings))
        progress(min(start + step, len(names)), len(names))
    return _joined(shares)


def _size(file: SourceFile) -> int:
    if file.data is not None:
        return len(file.data)
    try:
        return os.stat(file.absolute).st_size
    except OSError:
        return 0


def _chunks(names: list[str], sizes: dict[str, int], limit: int) -> list[list[str]]:
    """Cut the sorted names into runs of neighbours of about equal size: neighbours import each other."""
    chunks: list[list[str]] = [[]]
    filled = 0
    for name in names:
        if filled >= limit:
            chunks.append([])
            filled = 0
        chunks[-1].append(name)
        filled += sizes[name]
    return chunks


_worker: tuple[Project, Settings] | None = None


def _start_worker(files: list[tuple[str, str, bytes | None]], settings: Settings) -> None:
    global _worker
    import gc
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(100_000, 50, 50)
    sources = [SourceFile(path, absolute, data=data) for path, absolute, data in files]
    _worker = (Project(sources, settings), settings)


def _run_chunk(names: list[str]) -> _Packed:
    assert _worker is not None
    share = analyse_here(_worker[0], names, _worker[1])
    encode = msgspec.msgpack.encode
    return _Packed(encode(share.facts), encode(_Rest(share.problems, share.speaking, share.failures)))


def _several(
    project: Project, chunks: list[list[str]], settings: Settings, count: int, progress: Progress | None
) -> Share:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from concurrent.futures.process import BrokenProcessPool

    from statelint.effects import ModuleFacts

    files = [(file.path, file.absolute, file.data) for _, file in sorted(project.modules.items())]
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
    facts = msgspec.msgpack.Decoder(list[ModuleFacts])
    rest = msgspec.msgpack.Decoder(_Rest)
    shares: dict[int, Share] = {}
    done = 0
    pool = ProcessPoolExecutor(min(count, len(chunks)), context, _start_worker, (files, project.settings))
    try:
        waiting = {pool.submit(_run_chunk, chunk): index for index, chunk in enumerate(chunks)}
        for future in as_completed(waiting):
            index = waiting[future]
            packed = future.result()
            other = rest.decode(packed.rest)
            shares[index] = Share(facts.decode(packed.facts), other.problems, other.speaking, other.failures)
            done += len(chunks[index])
            if progress is not None:
                progress(done, len(project.modules))
    except BrokenProcessPool:
        raise WorkerError("a worker process ended unexpectedly (out of memory?); try fewer processes: -j 1") from None
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    pool.shutdown()
    joined = _joined([shares[index] for index in range(len(chunks))])
    project.problems.update(joined.problems)
    return joined


def _joined(shares: Sequence[Share]) -> Share:
    whole = Share([], {}, [], [])
    for share in shares:
        whole.facts.extend(share.facts)
        whole.problems.update(share.problems)
        whole.speaking.extend(share.speaking)
        whole.failures.extend(share.failures)
    whole.facts.sort(key=lambda each: each.module)
    return whole

"""Runs a request in a process of its own, with an end to its time, and gathers what it wrote."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile

import msgspec

import statelint
from statelint.verify.records import Message, Request, Row, Run, Verdict

_QUIET = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "JAX_PLATFORMS": "cpu",
    "CUDA_VISIBLE_DEVICES": "",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
}


def run(request: Request) -> Run:
    """Run one request to its end, or to the end of its time."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(statelint.__file__)))
    path = os.pathsep.join([package, *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-P", "-m", "statelint.verify.child"]
    trouble = ""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **_QUIET, "PYTHONPATH": path},
            start_new_session=True,
        )
        try:
            out, _ = process.communicate(msgspec.json.encode(request), timeout=request.limits.seconds)
        except subprocess.TimeoutExpired:
            _kill(process)
            out, _ = process.communicate()
            trouble = f"it was not done after {request.limits.seconds:g} s; allow more with --timeout"
        except BaseException:
            _kill(process)
            raise
        else:
            _kill(process)  # what the user's code may have started
        errors.seek(0, os.SEEK_END)
        errors.seek(max(errors.tell() - 4000, 0))
        last = errors.read().decode(errors="replace").strip().splitlines()
    return _gathered(request, out, process.returncode, trouble, last[-1] if last else "")


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that it started."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except OSError:
        pass  # it is gone


def _gathered(request: Request, out: bytes, code: int, trouble: str, last: str) -> Run:
    messages = []
    for line in out.splitlines():
        try:
            messages.append(msgspec.json.decode(line, type=Message))
        except msgspec.MsgspecError:
            continue  # the end of a line that was cut off
    rows = tuple(m.row for m in messages if m.row is not None)
    trouble = trouble or next((m.trouble for m in messages if m.trouble), "")
    if not trouble and not any(m.done for m in messages):
        how = f"it was ended by signal {-code}" if code < 0 else f"its process ended with {code}"
        trouble = f"{how} before all was seen" + (f": {last}" if last else "")
    results = next((m.results for m in messages if m.results is not None), [])
    return Run(
        engine=request.engine if request.engine == "tape" else request.target.framework,
        verdict=verdict_of(rows, trouble),
        rows=rows,
        inputs=next((m.inputs for m in messages if m.inputs), ""),
        guessed=any(m.guessed for m in messages),
        notes=tuple(m.note for m in messages if m.note),
        trouble=trouble,
        unusable=any(m.unusable for m in messages),
        results=tuple(results),
    )


def verdict_of(rows: tuple[Row, ...], trouble: str) -> Verdict:
    """One engine's verdict: refuted if anything is."""
    if any(row.verdict == "refuted" for row in rows):
        return "refuted"
    if trouble or not rows or any(row.verdict == "inconclusive" for row in rows):
        return "inconclusive"
    return "proved"

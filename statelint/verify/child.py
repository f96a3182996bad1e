"""The process that runs the user's function: a request on standard input, a line of JSON for each thing found.

What the user's code prints goes nowhere. Run as ``python -m statelint.verify.child``.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

import msgspec

from statelint.verify.records import Message, Request


def main() -> int:
    """Answer one request."""
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
    channel = os.fdopen(os.dup(1), "wb", buffering=0)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
    sys.argv = [request.target.path]

    def send(message: Message) -> None:
        channel.write(msgspec.json.encode(message) + b"\n")

    try:
        _answer(request, send)
    except MemoryError:
        send(Message(trouble=_memory(request)))
    except (SystemExit, KeyboardInterrupt) as error:
        send(Message(trouble=f"the code ends the process itself ({type(error).__name__})"))
    send(Message(done=True))
    channel.close()
    sys.stderr.flush()
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)  # and all processes that the user's code has started
    os._exit(0)  # threads and exit handlers of the user's code have no say any more


def _answer(request: Request, send: Callable[[Message], None]) -> None:
    from statelint.verify.checks import Checker
    from statelint.verify.engines import open_engine
    from statelint.verify.inputs import SHAPES, InputsError
    from statelint.verify.program import Program

    engine = open_engine(request.target.framework, request.engine)
    limited = _limit_memory(request.limits.megabytes)
    program = Program(request.target, engine, request.seed)
    troubles: list[str] = []
    checker: Checker | None = None
    for precision, (shape, positive) in (
        (p, choice) for p in engine.precisions for choice in [(s, q) for q in (False, True) for s in SHAPES]
    ):
        engine.choose(precision)
        program.shape, program.positive = shape, positive
        checker = Checker(program, precision, request.limits.seconds)
        try:
            checker.start()
        except InputsError as problem:
            send(Message(trouble=str(problem), unusable=True))
            return
        except MemoryError:
            raise
        except Exception as error:
            if _is_memory(error):
                raise MemoryError from error
            troubles.append(_where(error, request.target.path, program.guesses > 0))
            checker = None
        if checker is not None and (checker.finite or not program.guesses):
            break
        if not program.guesses and checker is None and precision == engine.precisions[-1]:
            break
        if not program.guesses:
            continue
    if checker is None:
        send(Message(trouble=troubles[0]))
        return
    if not limited:
        send(Message(note="this system does not limit memory; only time was limited"))
    try:
        for message in checker.messages():
            send(message)
    except InputsError as problem:
        send(Message(trouble=str(problem), unusable=True))
    except MemoryError:
        raise
    except Exception as error:
        if _is_memory(error):
            raise MemoryError from error
        send(Message(trouble=_where(error, request.target.path, program.guesses > 0)))


def _limit_memory(megabytes: int) -> bool:
    """Limit the address space to what there is now and so much more."""
    try:
        import resource

        with open("/proc/self/statm") as file:
            now = int(file.read().split()[0]) * resource.getpagesize()
        most = now + megabytes * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError, ValueError):
        return False
    return True


def _memory(request: Request) -> str:
    return f"it needs more than {request.limits.megabytes} MB; allow more with --memory"


def _is_memory(error: BaseException) -> bool:
    text = str(error)
    return "can't allocate memory" in text or "RESOURCE_EXHAUSTED" in text or "Out of memory" in text


def _where(error: BaseException, path: str, guessed: bool) -> str:
    """An error with the user's line it came from."""
    trace, line, file = error.__traceback__, 0, ""
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name == path or os.path.dirname(name) == os.path.dirname(path):
            line, file = trace.tb_lineno, os.path.basename(name)
        trace = trace.tb_next
    lines = str(error).splitlines()
    at = f" at {file}:{line}" if line else ""
    first = lines[0] if lines else ""
    hint = " (on inputs guessed from annotations; give an example)" if guessed else ""
    return f"it raises {type(error).__name__}{at}: {first}{hint}"


if __name__ == "__main__":
    sys.exit(main())

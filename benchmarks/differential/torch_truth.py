"""What autograd makes of a torch program: the errors that it raises, and gradients that are wrong without one.

The program runs once as it is, watched: after each torch call and each statement the saved tensors of all graph nodes
are asked for, so that the first write that invalidates one is known by its line (the version counter), and their
contents are compared with what was saved (writes that the counter does not see). If no error was raised, it runs again
with every saved tensor cloned when it is packed; gradients that differ were wrong.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

import numpy
import torch
from torch.overrides import TorchFunctionMode

from benchmarks.differential.truth import NAME, Fault, Truth, instrumented, program_line, raised_lines

LEAF = "leaf Variable that requires grad"
OVERLAP = "more than one element of the written-to tensor refers to a single memory location"
VERSION = "has been modified by an inplace operation"
PASSES = ("backward", "grad", "_autograd_backward", "_autograd_grad")
Grads = list[Any]


class _Save:
    """One tensor that a node keeps: where, its contents then, and the lines that wrote to it since."""

    hidden: list[int]
    __slots__ = (
        "contents",
        "counted",
        "freed",
        "hidden",
        "name",
        "node",
        "place",
        "storage",
        "tensor",
        "touched",
        "version",
    )

    def __init__(self, node: Any, name: str, place: int, tensor: torch.Tensor | None, line: int) -> None:
        self.node, self.name, self.place = node, name, place
        self.hidden = []
        self.touched: list[int] = []
        self.freed = False
        if tensor is None:  # its own operation overwrote it
            self.counted, self.storage = line, 0
            self.tensor = self.contents = torch.zeros(())
            return
        self.tensor = tensor.detach()
        self.contents = self.tensor.clone()
        self.storage = tensor.untyped_storage().data_ptr()
        self.counted = 0


class _Watch(TorchFunctionMode):
    def __init__(self) -> None:
        super().__init__()
        self.saves: list[_Save] = []
        self.nodes: dict[Any, list[_Save]] = {}
        self.leaves: list[torch.Tensor] = []
        self.known: set[int] = set()
        self.writes: list[tuple[int, int]] = []
        self.grads: Grads = []
        self.consumed: list[tuple[int, list[_Save]]] = []
        self.failed: list[_Save] = []
        self.every: list[_Save] = []
        self.executed: set[int] = set()

    def __torch_function__(self, func: Any, kinds: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        line = program_line()
        passing = name in PASSES
        needed = self._needed(func, name, args, kwargs or {}) if passing else []
        before = [(t, t._version) for t in _tensors((args, kwargs))]
        try:
            result = func(*args, **(kwargs or {}))
        except RuntimeError:
            if passing:
                self.failed = needed
            raise
        for tensor, version in before:
            if tensor._version != version:
                self.writes.append((line, tensor.untyped_storage().data_ptr()))
                self._touched(tensor, line)
        if name == "__get__":
            for each in _tensors(result):
                self._register(each)
            return result
        for each in _tensors(result):
            self._register(each)
        for each, _ in before:
            self._register(each)
        self._probe(line)
        if passing:
            self.consumed.append((line, needed))
            self.grads.append(_snapshot(self.leaves, result))
        return result

    def _register(self, tensor: torch.Tensor) -> None:
        try:
            if id(tensor) not in self.known and tensor.requires_grad and tensor.is_leaf:
                self.known.add(id(tensor))
                self.leaves.append(tensor)
            node = tensor.grad_fn
        except RuntimeError:  # a view made under no_grad whose base was written: it has no graph to speak of
            return
        if node is not None:
            self._walk(node, tensor)

    def _walk(self, root: Any, made: torch.Tensor) -> None:
        pending = [root]
        while pending:
            node = pending.pop()
            if node is None or node in self.nodes:
                continue
            self.nodes[node] = mine = []
            for name, place, tensor in _saved(node):
                save = _Save(node, name, place, tensor, program_line())
                if tensor is None:
                    save.storage = made.untyped_storage().data_ptr()
                mine.append(save)
                self.saves.append(save)
                self.every.append(save)
            pending += [each for each, _ in node.next_functions]

    def _touched(self, written: torch.Tensor, line: int) -> None:
        """A write through another counter may leave the values as they are."""
        with torch._C.DisableTorchFunction():
            for save in self.saves:
                shared = save.storage == written.untyped_storage().data_ptr()
                if shared and numpy.shares_memory(written.detach().numpy(), save.tensor.numpy()):
                    save.touched.append(line)

    def _probe(self, line: int) -> None:
        live = []
        for save in self.saves:
            if not save.counted:
                try:
                    getattr(save.node, save.name)
                except RuntimeError as error:
                    if VERSION in str(error):
                        save.counted = line
                        self.writes.append((line, save.storage))
                    else:
                        save.freed = True
            if not save.freed:
                live.append(save)
        self.saves = live

    def after(self, line: int) -> None:
        """A statement has ended: writes that nobody counted show in the contents."""
        self.executed.add(line)
        with torch._C.DisableTorchFunction():
            self._probe(line)
            for save in self.saves:
                if not _same(save.tensor, save.contents):
                    save.contents = save.tensor.clone()
                    save.hidden.append(line)

    def _needed(self, func: Any, name: str, args: Any, kwargs: Any) -> list[_Save]:
        """The saves that a backward pass will read."""
        roots = list(_tensors(args[0] if args else next(iter(kwargs.values()), None)))
        inputs = list(_tensors(args[1] if name == "grad" and len(args) > 1 else kwargs.get("inputs")))
        found: dict[Any, None] = {}
        pending = [t.grad_fn for t in roots if t.grad_fn is not None]
        while pending:
            node = pending.pop()
            if node is None or node in found:
                continue
            found[node] = None
            pending += [each for each, _ in node.next_functions]
        if inputs:
            wanted = [t.grad_fn for t in inputs if t.grad_fn is not None]
            leaves = [t for t in inputs if t.grad_fn is None]
            found = _leading(found, wanted, leaves)
        return [save for node in found for save in self.nodes.get(node, ())]


def _leading(nodes: dict[Any, None], wanted: list[Any], leaves: list[torch.Tensor]) -> dict[Any, None]:
    """The nodes from which a gradient flows to one of the wanted ones."""
    reaches: dict[Any, bool] = {}

    def target(node: Any) -> bool:
        variable = getattr(node, "variable", None)
        return any(node is each for each in wanted) or any(variable is each for each in leaves)

    def walk(node: Any) -> bool:
        if node not in reaches:
            reaches[node] = False
            below = [walk(each) for each, _ in node.next_functions if each is not None]
            reaches[node] = any(below) or (target(node) and not any(node is each for each in wanted))
            return reaches[node] or target(node)
        return reaches[node] or target(node)

    for node in nodes:
        walk(node)
    return {node: None for node in nodes if reaches.get(node)}


_NAMES: dict[type, list[str]] = {}


def _saved(node: Any) -> Iterator[tuple[str, int, torch.Tensor | None]]:
    names = _NAMES.get(type(node))
    if names is None:
        names = [n for n in dir(node) if n.startswith("_saved_") or n == "saved_tensors"]
        _NAMES[type(node)] = names
    for name in names:
        try:
            held = getattr(node, name)
        except RuntimeError as error:
            if VERSION in str(error):
                yield name, 0, None
            continue
        if isinstance(held, torch.Tensor):
            yield name, 0, held
        elif isinstance(held, (tuple, list)):
            for place, each in enumerate(held):
                if isinstance(each, torch.Tensor):
                    yield name, place, each


def _tensors(value: Any, depth: int = 0) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (tuple, list)) and depth < 3:
        for each in value:
            yield from _tensors(each, depth + 1)
    elif isinstance(value, dict) and depth < 3:
        yield from _tensors(list(value.values()), depth + 1)


def _snapshot(leaves: list[torch.Tensor], result: Any) -> Grads:
    found = [None if t.grad is None else t.grad.detach().clone() for t in leaves]
    return found + [t.detach().clone() for t in _tensors(result)]


def _same(a: torch.Tensor, b: torch.Tensor) -> bool:
    if a.shape != b.shape or a.dtype != b.dtype:
        return True
    return torch.equal(a, b) or (a.is_floating_point() and torch.allclose(a, b, 0.0, 0.0, equal_nan=True))


def _close(a: Any, b: Any) -> bool:
    if a is None or b is None:
        return (a is None) == (b is None)
    return a.shape == b.shape and torch.allclose(a.double(), b.double(), 1e-6, 1e-8, equal_nan=True)


class _Reference(TorchFunctionMode):
    """The run with clones: gradients alone."""

    def __init__(self) -> None:
        super().__init__()
        self.leaves: list[torch.Tensor] = []
        self.known: set[int] = set()
        self.grads: Grads = []

    def __torch_function__(self, func: Any, kinds: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        result = func(*args, **(kwargs or {}))
        for tensor in [*_tensors(result), *_tensors((args, kwargs))]:
            with contextlib.suppress(RuntimeError):
                if id(tensor) not in self.known and tensor.requires_grad and tensor.is_leaf:
                    self.known.add(id(tensor))
                    self.leaves.append(tensor)
        if name in PASSES:
            self.grads.append(_snapshot(self.leaves, result))
        return result


def run(text: str) -> Truth:
    """Run a program and its reference."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _run(text)


def _run(text: str) -> Truth:
    truth = Truth()
    torch.manual_seed(0)
    watch = _Watch()
    error: BaseException | None = None
    with watch:
        try:
            exec(instrumented(text), {"__name__": NAME, "__after__": watch.after})
        except Exception as caught:
            error = caught
    _counted(watch, truth)
    truth.executed = watch.executed | (set(raised_lines(error)) if error is not None else set())
    for save in watch.every:
        if save.counted:
            lines = {line for line, storage in watch.writes if storage == save.storage}
            truth.overwritten |= {("SL201", line) for line in lines | {save.counted}}
        truth.overwritten |= {("SL202", line) for line in (*save.hidden, *save.touched)}
    if error is not None:
        return _raised(watch, error, truth)
    every = [s for _, needed in watch.consumed for s in needed]
    suspects = [s for s in every if s.hidden]
    truth.allowed |= {("SL202", line) for s in every for line in s.touched}
    wrong = _differs(text, watch.grads)
    if wrong is None:
        truth.discarded = "the reference run fails"
    elif wrong and suspects:
        truth.faults += [Fault("SL202", frozenset(s.hidden)) for s in suspects[:1]]
        truth.faults = [Fault("SL202", frozenset(line for s in suspects for line in s.hidden))]
        truth.allowed |= {("SL202", line) for s in suspects for line in s.hidden}
    elif wrong:
        truth.discarded = "a wrong gradient that no write explains"
    elif suspects:
        truth.open = True
        truth.allowed |= {("SL202", line) for s in suspects for line in s.hidden}
    return truth


def _counted(watch: _Watch, truth: Truth) -> None:
    """Writes to a save that a backward pass had read before, or reads later in vain, are hazards all the same."""
    needed = {id(s): s for _, each in watch.consumed for s in each}
    needed.update((id(s), s) for s in watch.failed)
    for save in needed.values():
        if save.counted:
            lines = {line for line, storage in watch.writes if storage == save.storage and line}
            if save in watch.failed:
                truth.allowed |= {("SL201", line) for line in lines | {save.counted, *save.hidden}}


def _raised(watch: _Watch, error: BaseException, truth: Truth) -> Truth:
    message = str(error)
    lines = raised_lines(error)
    if not isinstance(error, RuntimeError) or not lines:
        truth.discarded = f"{type(error).__name__}: {message[:100]}"
    elif LEAF in message and "in-place operation" in message:
        truth.faults = [Fault("SL203", frozenset(lines))]
        truth.unjudged = frozenset(("SL201", "SL202"))  # no backward pass has come
    elif OVERLAP in message:
        truth.faults = [Fault("SL206", frozenset(lines))]
        truth.unjudged = frozenset(("SL201", "SL202"))
    elif VERSION in message and "one of the variables needed" in message:
        stale = [s for s in watch.failed if s.counted]
        if stale:
            truth.faults = [Fault("SL201", frozenset({s.counted})) for s in {s.counted: s for s in stale}.values()]
        else:
            truth.discarded = "no write explains the error"
        truth.allowed |= {("SL202", line) for s in watch.failed for line in (*s.hidden, *s.touched)}
    else:
        truth.discarded = f"{type(error).__name__}: {message[:100]}"
    return truth


def _differs(text: str, grads: Grads) -> bool | None:
    def pack(tensor: torch.Tensor) -> torch.Tensor:
        return tensor.detach().clone()

    torch.manual_seed(0)
    reference = _Reference()
    try:
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda x: x), reference:
            exec(compile(text, NAME, "exec"), {"__name__": NAME})
    except Exception:
        return None
    if len(reference.grads) != len(grads):
        return None
    for mine, theirs in zip(grads, reference.grads, strict=True):
        if len(mine) != len(theirs):
            return None
        if not all(_close(a, b) for a, b in zip(mine, theirs, strict=True)):
            return True
    return False

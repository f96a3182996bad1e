"""The facade's tensor: a tape array with torch's names, leaves and ``.grad``."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from statelint.tape.apply import alias, apply, fresh
from statelint.tape.arrays import GETITEM, Array, refreshed
from statelint.tape.errors import MutationError
from statelint.tape.modes import array
from statelint.tape.mutation import in_place
from statelint.tape.record import Node, Plan, Primitive, no_grad, state
from statelint.tape.sweep import reverse

_owners: weakref.WeakValueDictionary[int, Tensor] = weakref.WeakValueDictionary()


def outside(name: str) -> Any:
    """Refuse what the facade does not cover."""
    raise NotImplementedError(f"{name} is outside the torch facade")


def raw(value: Any) -> Any:
    """The tape array behind a tensor; containers and other values as they are."""
    if isinstance(value, Tensor):
        return value.array()
    if isinstance(value, (list, tuple)):
        return type(value)(raw(v) for v in value)
    return value


def plain(value: Any) -> Any:
    """The elements behind a tensor."""
    return value.array().data if isinstance(value, Tensor) else value


def wrap(value: Any) -> Any:
    """A tensor around a result; its memory is an array even where it is a single number."""
    if isinstance(value, tuple):
        parts = [wrap(v) for v in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    made = value if type(value) is Array else fresh(np.array(value))
    if type(made.data) is not np.ndarray:
        made.data = np.array(made.data)
        made.storage.buffer = made.data
    return Tensor(made)


class GradFn:
    """A node of the graph, as torch shows it."""

    def __init__(self, node: Node) -> None:
        self._node = node

    @property
    def next_functions(self) -> tuple[tuple[GradFn, int], ...]:
        """The nodes that this one was computed from."""
        return tuple((GradFn(p), 0) for p in self._node.parents if p is not None)

    def name(self) -> str:
        """The operation."""
        return self._node.prim.name if self._node.prim is not None else "AccumulateGrad"

    def __hash__(self) -> int:
        return id(self._node)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GradFn) and other._node is self._node


class Tensor:
    """See ``torch.Tensor``. Only what is defined here or in ``_methods`` is covered."""

    __array_priority__ = 1000
    __array_ufunc__ = None

    def __init__(self, value: Any) -> None:
        self._x: Array = value if type(value) is Array else wrap(np.asarray(value, dtype=float))._x
        self._leaf: Node | None = None
        self.grad: Tensor | None = None

    def array(self) -> Array:
        """The tape array, with the history of its present version."""
        x = refreshed(self._x)
        if self._leaf is not None and x.node is None:
            x.node = self._leaf
        return x

    # -- graph -----------------------------------------------------------------------------------------------------
    @property
    def requires_grad(self) -> bool:
        """Does a gradient flow to it?"""
        return self.array().node is not None

    @requires_grad.setter
    def requires_grad(self, flag: bool) -> None:
        self.requires_grad_(flag)

    def requires_grad_(self, flag: bool = True) -> Tensor:
        """Make it a leaf, or no longer one."""
        x = self.array()
        if flag and x.node is None:
            if x.dtype.kind not in "fc":
                raise RuntimeError("only Tensors of floating point dtype can require gradients")
            self._leaf = x.node = Node(None, None, (), None, x.shape, x.dtype, None)
            if x.storage.past is not None and not x.stopped:
                x.stopped = True
            _owners[self._leaf.seq] = self
        elif not flag and x.node is not None:
            if self._leaf is None:
                raise RuntimeError("you can only change requires_grad flags of leaf variables.")
            x.node, self._leaf = None, None
        return self

    @property
    def is_leaf(self) -> bool:
        """Was it made by the user, not by an operation?"""
        node = self.array().node
        return node is None or node.prim is None

    @property
    def grad_fn(self) -> GradFn | None:
        """The operation that made it."""
        node = self.array().node
        return None if node is None or node.prim is None else GradFn(node)

    def detach(self) -> Tensor:
        """The same memory without history."""
        return Tensor(alias(self.array(), stopped=True))

    def detach_(self) -> Tensor:
        """Forget the history."""
        self._x, self._leaf = alias(self.array(), stopped=True), None
        return self

    @property
    def data(self) -> Tensor:
        """The same memory without history; unlike torch, writes to it are seen by the version counter."""
        return self.detach()

    @data.setter
    def data(self, value: Tensor) -> None:
        with no_grad():
            self.array()[...] = value.array()

    def retain_grad(self) -> None:
        """Fill ``.grad`` of a result, too."""
        node = self.array().node
        if node is not None:
            _owners[node.seq] = self

    def backward(
        self, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None
    ) -> None:
        """Add the gradients of all leaves to their ``.grad``."""
        node = self.array().node
        if node is None:
            raise RuntimeError("element 0 of tensors does not require grad and does not have a grad_fn")
        nodes = _all_nodes(node)
        targets = [n for n in nodes if n.seq in _owners]
        if inputs is not None:
            wanted = {id(raw(t).node) for t in (inputs if isinstance(inputs, (list, tuple)) else [inputs])}
            targets = [n for n in targets if id(n) in wanted]
        found = sweep([self], [gradient], targets, create_graph)
        if not (create_graph if retain_graph is None else retain_graph):
            release(nodes)
        for n, g in zip(targets, found, strict=True):
            owner = _owners.get(n.seq)
            if owner is None or g is None:
                continue
            g = g if create_graph else g.detach()
            if owner.grad is None:
                owner.grad = g
            elif create_graph:
                owner.grad = wrap(owner.grad.array() + g.array())
            else:
                with no_grad():
                    owner.grad.array().__iadd__(g.array())

    # -- memory ----------------------------------------------------------------------------------------------------
    def numpy(self) -> np.ndarray[Any, Any]:
        """The shared memory."""
        if self.requires_grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        return self.array().data  # type: ignore[no-any-return]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        return np.array(self.numpy(), dtype=dtype) if dtype is not None else self.numpy()

    def item(self) -> Any:
        """The only element as a Python number."""
        return self.array().data.item()

    def tolist(self) -> Any:
        """Nested lists."""
        return self.array().data.tolist()

    def write(self, value: Any, index: Any = Ellipsis) -> Tensor:
        """Write to memory, as every in-place method does."""
        self.require_writable_leaf()
        x = self.array()
        x[index] = raw(value)
        self._x = x
        if self._leaf is not None and state.recording:
            self._leaf = None
        return self

    def require_writable_leaf(self) -> None:
        """Torch refuses recorded writes to leaves."""
        if state.recording and self._leaf is not None:
            raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")

    def operate_in_place(self, prim: Primitive, other: Any) -> Tensor:
        """``self op= other``."""
        self.require_writable_leaf()
        out = in_place(prim, self.array(), raw(other))
        if out is NotImplemented:
            outside(f"in-place {prim.name} with {type(other).__name__}")
        return self

    def __setitem__(self, index: Any, value: Any) -> None:
        self.write(value, _index(index))

    def __getitem__(self, index: Any) -> Tensor:
        index = _index(index)
        parts = index if isinstance(index, tuple) else (index,)
        if all(isinstance(p, (int, slice, type(None), type(Ellipsis), np.integer)) for p in parts) and not any(
            p is Ellipsis for p in parts
        ):
            index = (*parts, Ellipsis)
        return wrap(apply(GETITEM, (self.array(),), {"index": index}))  # type: ignore[no-any-return]

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __len__(self) -> int:
        return len(self.array().data)

    def __bool__(self) -> bool:
        return bool(self.array().data)

    def __float__(self) -> float:
        return float(self.array().data)

    def __int__(self) -> int:
        return int(self.array().data)

    def __index__(self) -> int:
        return self.array().data.item().__index__()  # type: ignore[no-any-return]

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"tensor({np.array2string(self.array().data, separator=', ')})"

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec and self.array().size == 1 else repr(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if self._leaf is None and self.requires_grad:
            raise RuntimeError(
                "Only Tensors created explicitly by the user support the deepcopy protocol at the moment"
            )
        out = type(self).__new__(type(self))
        Tensor.__init__(out, fresh(np.array(self.array().data)))
        memo[id(self)] = out
        if self._leaf is not None:
            out.requires_grad_()
        return out


Tensor.__module__ = "torch"  # programs ask a value's type where it comes from


def _index(index: Any) -> Any:
    if isinstance(index, tuple):
        return tuple(_index(i) for i in index)
    if isinstance(index, list):
        return [plain(i) for i in index]
    index = plain(index)
    return index.item() if isinstance(index, np.ndarray) and index.ndim == 0 and index.dtype.kind == "i" else index


def _all_nodes(root: Node) -> list[Node]:
    seen: dict[int, Node] = {}
    stack = [root]
    while stack:
        node = stack.pop()
        if id(node) not in seen:
            seen[id(node)] = node
            stack.extend(p for p in node.parents if p is not None)
    return list(seen.values())


def _second_time(g: Any, *saved: Any) -> Any:
    raise RuntimeError(
        "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
        "been freed)."
    )


_GONE = Plan((), ((0, _second_time, (), ()),))


def release(nodes: Sequence[Node]) -> None:
    """Free saved values: a second sweep through a node that had some is an error."""
    for node in nodes:
        if node.plan is not None and (node.saved or (node.prim is not None and node.prim.params is None)):
            if node.prim is not None and node.prim.name == "concatenate":
                continue
            node.plan, node.saved, node.versions = _GONE, (), ()


def sweep(
    outputs: Sequence[Tensor], gradients: Sequence[Any], targets: Sequence[Node], create_graph: bool
) -> list[Any]:
    """Cotangents of nodes as tensors (None where none arrives)."""
    roots = []
    for y, g in zip(outputs, gradients, strict=True):
        node = y.array().node
        if g is None:
            if y.array().size != 1:
                raise RuntimeError("grad can be implicitly created only for scalar outputs")
            g = np.ones(y.array().shape, y.array().dtype)
        if node is not None:
            roots.append((node, raw(g) if create_graph else np.array(plain(g))))
    before = state.recording
    state.recording = create_graph
    try:
        found = reverse(roots, targets, recorded=create_graph)
    except MutationError as error:
        raise RuntimeError(
            f"one of the variables needed for gradient computation has been modified by an inplace operation: {error}"
        ) from error
    finally:
        state.recording = before
    return [None if g is None else wrap(g if type(g) is Array else np.array(g)) for g in found]


def lifted(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of arrays as a function of tensors."""

    def call(*args: Any, out: Any = None, **kwargs: Any) -> Any:
        result = wrap(f(*(raw(a) for a in args), **{k: raw(v) for k, v in kwargs.items()}))
        return result if out is None else out.write(result)

    call.__name__ = getattr(f, "__name__", "call")
    return call


def leaf_copy(value: Any, dtype: Any, requires_grad: bool) -> Tensor:
    """A new tensor with a copy of ``value``."""
    out: Tensor = wrap(array(np.array(plain(value)), dtype))
    return out.requires_grad_() if requires_grad else out

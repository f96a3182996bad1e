"""What a model row says about one function, method or class of a library: ``rules/models/*.toml``, parsed."""

from __future__ import annotations

from typing import Literal

import msgspec

ResultMode = Literal["fresh", "view", "same", "maybe", "element", "call", "none", "tuple", "list", "iter", "dict"]
"""How a result relates to arguments: newly allocated; a view of an argument's storage; the argument itself; the
argument or a copy of it (``.to``, ``reshape``); something stored in the argument; what calling the argument returns;
None; or a container of such."""


class Result(msgspec.Struct, frozen=True):
    """Where the result comes from. ``of`` names the argument for view/same/maybe/element/call; ``items`` hold the parts
    of a container (one item stands for all elements of list/iter/dict)."""

    mode: ResultMode
    of: str = ""
    items: tuple[Result, ...] = ()
    type: str = ""


class Condition(msgspec.Struct, frozen=True):
    """``negated``: not. ``what``: an argument name. ``kind``: *grad* (the argument needs a gradient), *true* (its
    constant value is true), *given* (it is passed and not None), *array* (it is passed and an array, no number)."""

    kind: Literal["grad", "true", "given", "array"]
    what: str
    negated: bool = False


class Save(msgspec.Struct, frozen=True):
    """Autograd keeps argument ``what`` (or ``result``) for backward, if all conditions hold. ``hidden``: without its
    version, so that an overwritten one raises nothing.
    """

    what: str
    conditions: tuple[Condition, ...] = ()
    hidden: bool = False


class Mutation(msgspec.Struct, frozen=True):
    """The call overwrites argument ``what``, if all conditions hold. ``hidden``: past the version counter.
    ``contents``: it changes what a container holds (``list.append``), not an array."""

    what: str
    conditions: tuple[Condition, ...] = ()
    hidden: bool = False
    contents: bool = False


class Alternative(msgspec.Struct, frozen=True):
    """Another result, if all conditions hold (``x.max(dim=1)`` is a pair, ``x.max()`` is not)."""

    result: Result
    conditions: tuple[Condition, ...]


class Param(msgspec.Struct, frozen=True):
    """A parameter; ``default`` is the constant's text ("" if required or not constant)."""

    name: str
    kind: Literal["normal", "vararg", "keyword", "kwarg"]
    default: str = ""


class Region(msgspec.Struct, frozen=True):
    """The call (or decoration) differentiates or traces the function passed as ``param``: ``kind`` is one of
    grad, jit, vmap, pmap, scan, loop, cond, checkpoint, custom, callback, tape, tf_function, compile."""

    kind: str
    param: str


class Invocation(msgspec.Struct, frozen=True):
    """The call invokes argument ``function`` with ``arguments`` (argument names of this call; ``x[*]`` an element of x;
    ``*args`` the rest of the positional arguments; ``_`` unknown; ``result`` what an earlier invocation returned),
    ``repeated`` if more than once."""

    function: str
    arguments: tuple[str, ...]
    repeated: bool = False


class FunctionModel(msgspec.Struct, frozen=True):
    """One function or method. ``name`` is canonical; a method's first parameter is ``self``.

    ``alternatives`` are tried in order before ``result``. A fresh result of a call that overwrites its argument
    ``out``, or any argument ``when inplace``, is that argument. ``saves`` is None where it is unknown what reverse
    mode keeps; empty: nothing. ``grad``: *flow* (the result needs a gradient if an operand does), *no* (never),
    *apart* (never, and it counts the writes to it for itself), *leaf* (it does, and is a leaf), *keyword* (a leaf if
    ``requires_grad=True`` is passed). ``draws``: the generator consumed (``torch``, ``numpy``, ``python``,
    ``tensorflow``, ``jax``, ``self``), unless the argument ``draws_unless`` is given. ``key``: (*consume* | *derive* |
    *make*, argument). ``seeds``: the global generator that the call seeds. ``external``: file, network, process, clock,
    environment, database, registry. ``effect``: print, log, io, ambient (writes process-wide state). ``backward``: the
    argument whose history is consumed. ``context``: what the result does as a context manager or decorator: no_grad,
    enable_grad, inference_mode, tape, fork_rng ... ``must_use``: the call is useless if its result is dropped.
    ``expands``: elements of the resulting view may share memory with each other. ``provenance``: where the row comes
    from.
    """

    name: str
    params: tuple[Param, ...] | None = None
    result: Result = Result("fresh")
    alternatives: tuple[Alternative, ...] = ()
    saves: tuple[Save, ...] | None = None
    mutates: tuple[Mutation, ...] = ()
    grad: Literal["flow", "no", "apart", "leaf", "keyword"] = "flow"
    draws: str = ""
    draws_unless: str = ""
    key: tuple[str, str] | None = None
    seeds: str = ""
    external: str = ""
    effect: str = ""
    regions: tuple[Region, ...] = ()
    invokes: tuple[Invocation, ...] = ()
    backward: str = ""
    context: str = ""
    must_use: bool = False
    expands: bool = False
    provenance: str = ""


class ClassModel(msgspec.Struct, frozen=True):
    """One class. ``call`` is the behaviour of calling an instance (for a layer: its forward, with ``self`` first).
    ``kind``: layer, container (of layers), optimizer, dataset, generator, key, array, module, context ... or empty.
    ``parameters`` and ``buffers`` name the attributes that hold them; ``attributes`` the types of other attributes.
    ``training_writes``: buffers that the call updates in training mode (batch norm's statistics)."""

    name: str
    bases: tuple[str, ...] = ()
    kind: str = ""
    call: FunctionModel | None = None
    init: FunctionModel | None = None
    parameters: tuple[str, ...] = ()
    buffers: tuple[str, ...] = ()
    attributes: dict[str, str] = {}
    training_writes: tuple[str, ...] = ()
    provenance: str = ""

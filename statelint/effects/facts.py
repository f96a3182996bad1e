"""What the analysis found out about each function: the records that checks query and the cache keeps."""

from __future__ import annotations

import msgspec

Span = tuple[int, int, int, int]
Key = tuple[str, str]
"""``(module, qualname)`` of a function or class."""


class Fact(msgspec.Struct, frozen=True, tag=True):
    """Base of all facts: ``at`` is where it happens."""

    at: Span


class Link(msgspec.Struct, frozen=True):
    """A place in a reason chain."""

    module: str
    at: Span
    message: str


class StateRef(msgspec.Struct, frozen=True):
    """A piece of state by access path. ``root``: *attribute* (of the receiver: ``owner`` is its class), *global*
    (``owner`` is the module), *free* (``owner`` is the defining function), *default* (a default argument's value),
    *class* (a class attribute). ``name`` is the first name from the root, ``text`` the whole path as a user writes it.
    """

    root: str
    owner: Key
    name: str
    text: str


class StateRead(Fact, frozen=True):
    """State is read. ``kind`` is the value's kind bits."""

    state: StateRef
    kind: int


class StateWrite(Fact, frozen=True):
    """State is written. ``how``: *rebind* (name or attribute assigned), *augmented*, *item* (an element assigned),
    *call* (a method that changes contents, named by ``op``), *array* (array elements overwritten). ``deps`` are the
    parameters and state (as text) that the new value depends on; ``reads_old`` if it depends on the state itself;
    ``traced`` if the value may be an array computed from parameters; ``graph``: the value is attached to a graph;
    ``guards`` are the texts of the conditions around; ``constant``: it depends on nothing; ``restored``: the function
    puts the state back on its way out.
    """

    state: StateRef
    how: str
    op: str
    no_grad: bool
    deps: tuple[str, ...]
    reads_old: bool
    traced: bool
    graph: bool
    guards: tuple[str, ...]
    constant: bool
    kind: int
    container: int
    doubt: int
    restored: bool = False


class ArgumentWrite(Fact, frozen=True):
    """Contents of parameter ``param`` (path ``text``) are overwritten by ``op``. ``how`` as for state, or *passed*: by
    a callee; ``kind`` is what the argument is known to be, ``value`` what is put in (0: nothing or not known), ``deps``
    the parameters and state (as text) that it depends on.
    """

    param: str
    text: str
    how: str
    op: str
    no_grad: bool
    kind: int
    doubt: int
    guards: tuple[str, ...]
    value: int = 0
    deps: tuple[str, ...] = ()


class Reused(Fact, frozen=True):
    """An argument that a callee overwrote (``param``, at ``at``) is used afterwards by its caller under ``name``."""

    param: str
    name: str
    caller: Key
    call: Link


class Draw(Fact, frozen=True):
    """A global or hidden generator is drawn from: ``what`` (dotted) consumes ``generator``."""

    what: str
    generator: str
    guards: tuple[str, ...]


class Seed(Fact, frozen=True):
    """A global generator is seeded. ``source`` is what the seed is: *constant*, *state* (attributes and globals:
    ``state``), *argument* (``state`` are the parameters it depends on) or *varies*. ``loops`` are the loops around.
    """

    what: str
    generator: str
    source: str = "varies"
    state: tuple[str, ...] = ()
    loops: tuple[Span, ...] = ()
    guards: tuple[str, ...] = ()


class Backward(Fact, frozen=True):
    """A backward pass runs here, through ``framework``. ``loops`` are the loops around."""

    framework: str
    loops: tuple[Span, ...] = ()


class External(Fact, frozen=True):
    """The outside world is read: ``category`` as in the models."""

    what: str
    category: str
    guards: tuple[str, ...]


class Effect(Fact, frozen=True):
    """print, log, io, ambient."""

    what: str
    category: str


class Hazard(Fact, frozen=True):
    """A write (``at``) overlaps a save whose backward comes. ``consumer``: *backward* (here or in a callee), or *exit*
    (whoever differentiates this function). ``mode``: recorded, no_grad, hidden. ``conditional``: the parameters of
    whose need for a gradient it depends (empty: certain). ``repair``: *operand* or *result*: what the operation had
    saved.
    """

    saved: str
    saved_by: str
    saved_what: str
    op: str
    target: str
    mode: str
    consumer: str
    conditional: tuple[str, ...]
    chain: tuple[Link, ...]
    doubt: int
    apart: bool
    exit: Key


class CarriedGraph(Fact, frozen=True):
    """A backward pass (``at``) reads what one before it has freed: ``carrier`` brings the graph from one step to the
    next. ``calls``: from one call of the function to the next.
    """

    carrier: str
    chain: tuple[Link, ...]
    doubt: int
    calls: bool


class SpentGradient(Fact, frozen=True):
    """A backward pass (``at``) adds to the gradients of ``target`` that a step (``step``) has used before and nobody
    cleared. ``calls``: from one call of the function to the next.
    """

    target: str
    step: str
    used: Link
    doubt: int
    calls: bool


class ForeignGradient(Fact, frozen=True):
    """An optimizer's step (``step``) uses what another loss's backward pass (``at``) added to its parameters
    ``target``, which that of its own loss (``own``) had filled or fills later. ``other``: what else the other loss
    reaches, of another optimizer.
    """

    target: str
    other: str
    step: str
    own: Link
    used: Link
    doubt: int


class LeafWrite(Fact, frozen=True):
    """A leaf that requires grad, or a view of one, is changed in place outside no_grad."""

    target: str
    op: str
    doubt: int


class ExpandedWrite(Fact, frozen=True):
    """A view whose elements share memory with each other (``expand``) is written in place."""

    target: str
    op: str
    doubt: int


class KeyReuse(Fact, frozen=True):
    """A key is consumed (``at``) after it was consumed before (``first``, by ``first_op``)."""

    key: str
    op: str
    first: Link
    first_op: str
    loop: bool
    doubt: int
    argument: Span | None
    split: str


class KeyUse(Fact, frozen=True):
    """A key that is state is consumed by ``op``, as it was when the function was entered. ``literal``: the class gives
    the attribute a key as default. ``fixed``: its class makes values that do not change. ``direct``: by a library's
    function here, not in a callee.
    """

    state: StateRef
    op: str
    literal: bool
    fixed: bool
    direct: bool
    doubt: int


class KeyReturned(Fact, frozen=True):
    """A key that was consumed (here) is returned, to be taken for a new one."""

    key: str
    op: str
    consumed: Link
    doubt: int


class CacheStore(Fact, frozen=True):
    """A value goes into a cache under a key. ``missing`` are the parameters and state that the value depends on and
    that neither key nor guard mentions.
    """

    state: StateRef
    key: str
    missing: tuple[str, ...]
    traced: bool
    graph: bool
    doubt: int


class MemoFunction(Fact, frozen=True):
    """A function under ``lru_cache``/``cache``: reads state that is not in its key."""

    decorator: str


class Retain(Fact, frozen=True):
    """A graph-attached value is kept beyond its step: appended or accumulated into ``target``. ``how``: *append*,
    *add*, *item*. ``loop``: it happens in a loop here. ``useless``: a backward pass has freed the graph before.
    """

    target: str
    value: str
    how: str
    loop: bool
    state: StateRef | None
    doubt: int
    value_at: Span
    useless: bool = False


class Lasting(Fact, frozen=True):
    """A callee's write of state (of ``writer``, at ``write_at``) outlives this function: what it writes existed before.
    ``text`` is its path from here; ``traced`` and ``graph`` are as in the write, for what this function's calls hand to
    the writer; ``deps`` are this function's parameters and state that the new value depends on."""

    writer: Key
    write_at: Span
    traced: bool
    graph: bool
    text: str = ""
    deps: tuple[str, ...] = ()


class Calls(Fact, frozen=True):
    """A call of a project's function. ``given``: by a name that stands for what a caller handed in: other callers hand
    in other functions. ``loops`` are the loops around; ``quiet``: where autograd does not record.
    """

    callee: Key
    given: bool = False
    loops: tuple[Span, ...] = ()
    quiet: bool = False


class Evidence(Fact, frozen=True):
    """What a module of `statelint.evidence` saw: ``kind`` names the module, ``subject`` the user's name for what it is
    about, ``details`` further texts by name, ``steps`` the places that lead to it, ``spans`` places that a fix needs.
    """

    kind: str
    subject: str
    doubt: int = 0
    details: tuple[tuple[str, str], ...] = ()
    steps: tuple[Link, ...] = ()
    spans: tuple[tuple[str, Span], ...] = ()

    def detail(self, name: str) -> str:
        """A text by its name; empty if there is none."""
        return next((text for key, text in self.details if key == name), "")

    def span(self, name: str) -> Span | None:
        """A place by its name."""
        return next((span for key, span in self.spans if key == name), None)


class Root(Fact, frozen=True):
    """Function ``function`` is differentiated or traced: ``kind`` as in the models, plus *forward* and *marked*.
    ``argnums`` are the arguments that it is differentiated in, by number or name, where it is not all of them;
    ``doubt``: it is not certain to be this function."""

    kind: str
    function: Key
    via: str
    static: tuple[str, ...] = ()
    doubt: int = 0
    argnums: tuple[str, ...] = ()


AnyFact = (
    StateRead
    | StateWrite
    | ArgumentWrite
    | Reused
    | Draw
    | Seed
    | Backward
    | External
    | Effect
    | Hazard
    | CarriedGraph
    | ForeignGradient
    | SpentGradient
    | LeafWrite
    | ExpandedWrite
    | KeyReuse
    | KeyUse
    | KeyReturned
    | CacheStore
    | MemoFunction
    | Retain
    | Lasting
    | Calls
    | Evidence
    | Root
)


class FunctionFacts(msgspec.Struct):
    """Facts of one function. ``result`` are the paths that its result depends on, ``result_grad`` those to
    which a gradient flows from it; ``carried`` those of the result's paths that are state which the function also
    writes on the same way through it; ``backward``: it runs a backward pass itself; ``returns``: it gives a result.
    """

    module: str
    qualname: str
    name: str
    at: Span
    name_at: Span
    owner: str
    params: tuple[str, ...]
    decorators: tuple[str, ...]
    docstring: str
    facts: list[AnyFact]
    result: tuple[str, ...] = ()
    result_grad: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    backward: bool = False
    returns: bool = False
    over_budget: bool = False


class ClassFacts(msgspec.Struct):
    """What the whole program needs of a class: its library ancestors and, per attribute, the methods that store it."""

    module: str
    qualname: str
    library_bases: tuple[str, ...]
    project_bases: tuple[Key, ...]
    stores: dict[str, tuple[str, ...]]
    buffers: tuple[str, ...] = ()
    trained: tuple[str, ...] = ()


class ModuleFacts(msgspec.Struct):
    """All that one module's analysis found out."""

    module: str
    path: str
    functions: list[FunctionFacts]
    classes: list[ClassFacts]
    global_writes: tuple[str, ...]

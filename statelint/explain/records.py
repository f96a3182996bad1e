"""What `statelint explain` says of one function: plain records, the same for people and programs."""

from __future__ import annotations

from typing import Literal

import msgspec

from statelint.explain.session import Place

Class = Literal["visible differentiable", "visible non-differentiable", "hidden mutable", "external"]
DIFFERENTIABLE: Class = "visible differentiable"
CONSTANT: Class = "visible non-differentiable"
HIDDEN: Class = "hidden mutable"
EXTERNAL: Class = "external"
CLASSES: tuple[Class, ...] = (DIFFERENTIABLE, CONSTANT, HIDDEN, EXTERNAL)


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A member of the boundary. ``name`` is the user's text for it, ``type`` what it is known to be, ``why`` the reason
    for its class in a few words. ``places`` are where it happens; ``via`` the called functions in which it does."""

    name: str
    class_: Class = msgspec.field(name="class")
    type: str
    why: str
    places: tuple[Place, ...]
    via: tuple[str, ...] = ()


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """A value that reverse mode keeps: ``what`` of operation ``by`` (*operand* or *result*), if one of the members
    ``needed_by`` needs a gradient (empty: always). ``overwritten`` are the later writes to it."""

    name: str
    class_: Class = msgspec.field(name="class")
    by: str
    what: str
    needed_by: tuple[str, ...]
    places: tuple[Place, ...]
    overwritten: tuple[Place, ...] = ()


class Boundary(msgspec.Struct, frozen=True, kw_only=True):
    """``(y, s') = F(x, s)``. ``regions`` say why the function is differentiated; ``complete`` is false if its analysis
    ran out of budget."""

    function: str
    module: str
    place: Place
    signature: str
    formula: str
    regions: tuple[str, ...]
    x: tuple[Member, ...]
    s: tuple[Member, ...]
    y: tuple[Member, ...]
    s_prime: tuple[Member, ...] = msgspec.field(name="s'")
    draws: tuple[Member, ...]
    externals: tuple[Member, ...]
    saved: tuple[Saved, ...]
    complete: bool = True

"""Evidence: what one function's annotated IR shows that the abstract interpreter has no fact of its own for.

One module per kind of evidence, found by its place. A module has

- ``KIND``: the name under which checks ask for it (``program.evidence(KIND)``);
- ``NAMES``: a frozenset of names; the module is asked only about functions in which one of them occurs as a variable,
  an attribute, a method or a part of a dotted path. None: about every function (keep such modules cheap);
- ``observe(body)``: yields `statelint.effects.facts.Evidence` for a `statelint.evidence.body.Body`.

A body is the function's IR with the value that the analysis found for each register. Each function is shown once, as
it is for any caller; a nested function once for what it captures.
"""

from statelint.evidence.body import Body, CallSite, Site
from statelint.evidence.registry import observe_all

__all__ = ["Body", "CallSite", "Site", "observe_all"]

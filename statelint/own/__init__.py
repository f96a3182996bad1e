"""Rules of a user's own: one Python file each, on the same facts as ours.

What a rule's file needs is here; `docs/own-rules.md` shows one. A file defines ``RULE`` and ``check(program)``, may
define ``KIND``, ``NAMES`` and ``observe(body)`` (see `statelint.evidence`), and carries its cases in ``BAD`` and
``GOOD``. Its docstring is the rule's page.
"""

from statelint.catalogue import Rule
from statelint.checks.drafting import draft
from statelint.effects.facts import (
    ArgumentWrite,
    Calls,
    Draw,
    Effect,
    Evidence,
    External,
    FunctionFacts,
    Hazard,
    Link,
    Seed,
    StateRead,
    StateWrite,
)
from statelint.effects.program import Program, Region
from statelint.evidence import Body, CallSite, Site
from statelint.findings import Draft

__all__ = [
    "ArgumentWrite",
    "Body",
    "CallSite",
    "Calls",
    "Draft",
    "Draw",
    "Effect",
    "Evidence",
    "External",
    "FunctionFacts",
    "Hazard",
    "Link",
    "Program",
    "Region",
    "Rule",
    "Seed",
    "Site",
    "StateRead",
    "StateWrite",
    "draft",
]

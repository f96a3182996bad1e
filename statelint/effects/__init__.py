"""The alias and effect analysis: from lowered modules to facts about each function, and from those to a program."""

from __future__ import annotations

from statelint.effects.facts import ModuleFacts
from statelint.effects.program import Program, link
from statelint.effects.worker import analyse

__all__ = ["ModuleFacts", "Program", "analyse", "link"]

"""What the tape refuses, and why: every error says which gradient would have been wrong."""

from __future__ import annotations


class TapeError(RuntimeError):
    """Base class of the tape's refusals."""


class MutationError(TapeError):
    """A write would make, or has made, a saved value disagree with the one that a derivative rule needs."""


class ProofRefutedError(MutationError):
    """A write that was declared harmless overlaps a value that a derivative rule still needs."""


class NonDifferentiableError(TapeError):
    """The derivative does not exist here, or the tape has no rule for it."""


class LeakError(TypeError):
    """A differentiable value would leave the record without a trace (for instance through ``float(x)``)."""

"""Reverse- and forward-mode automatic differentiation with NumPy semantics, real views and real writes.

The referee of gradients: it is right, or it refuses and says why. It knows nothing of the linter.
"""

from statelint.tape.arrays import Array  # isort: skip (this module comes first: see its last lines)
from statelint.tape import functions, keys, layers, optimizers, rules, scalars
from statelint.tape.check import Check, check_grad
from statelint.tape.checkpoint import Counts, binomial_cost, checkpoint, rollout
from statelint.tape.comparing import Complaint
from statelint.tape.custom import custom_jvp, custom_vjp
from statelint.tape.errors import LeakError, MutationError, NonDifferentiableError, ProofRefutedError, TapeError
from statelint.tape.graph import storage_graph
from statelint.tape.implicit import fixed_point
from statelint.tape.kernel import Kernel, kernel
from statelint.tape.modes import array, grad, hessian, hvp, jacobian, jvp, stop_gradient, value_and_grad, vjp
from statelint.tape.record import STRATEGIES, Strategy, no_grad
from statelint.tape.scan import scan
from statelint.tape.tapes import Proof, Tape, gradient, proof, using, variable

__all__ = [
    "STRATEGIES",
    "Array",
    "Check",
    "Complaint",
    "Counts",
    "Kernel",
    "LeakError",
    "MutationError",
    "NonDifferentiableError",
    "Proof",
    "ProofRefutedError",
    "Strategy",
    "Tape",
    "TapeError",
    "array",
    "binomial_cost",
    "check_grad",
    "checkpoint",
    "custom_jvp",
    "custom_vjp",
    "fixed_point",
    "functions",
    "grad",
    "gradient",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "kernel",
    "keys",
    "layers",
    "no_grad",
    "optimizers",
    "proof",
    "rollout",
    "rules",
    "scalars",
    "scan",
    "stop_gradient",
    "storage_graph",
    "using",
    "value_and_grad",
    "variable",
    "vjp",
]

"""The effect IR: plain immutable records of what a module does, and the lowering from its text.

Nothing behind this package sees a syntax node. `check_module` is the IR's type checker, `dump_module` its text form;
the records themselves are in `statelint.ir.nodes`.
"""

from statelint.ir.lower import TooDeep, lower_module
from statelint.ir.nodes import ClassIR, FunctionIR, ModuleIR

__all__ = ["ClassIR", "FunctionIR", "ModuleIR", "TooDeep", "lower_module"]

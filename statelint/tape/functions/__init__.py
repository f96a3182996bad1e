"""NumPy functions on arrays: thin signatures over the primitives, and compositions of them."""

from statelint.tape.functions import blocks, creation, linear, reduction, selection, shape, transforms

__all__ = ["blocks", "creation", "linear", "reduction", "selection", "shape", "transforms"]

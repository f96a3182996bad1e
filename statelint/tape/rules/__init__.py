"""The derivative table: one entry per primitive, one module per family."""

from statelint.tape.rules import elementwise, fourier, indexing, linalg, products, reductions, shaping, sorting

__all__ = ["elementwise", "fourier", "indexing", "linalg", "products", "reductions", "shaping", "sorting"]

"""``jax.errors`` of the facade: names to catch. The facade itself raises ``statelint.tape`` errors."""

from __future__ import annotations


class JAXTypeError(TypeError):
    """Base class of the errors about traced values."""


class ConcretizationTypeError(JAXTypeError):
    """A value is needed where there is none yet."""


class TracerArrayConversionError(JAXTypeError):
    """A traced value was handed to NumPy."""


class UnexpectedTracerError(JAXTypeError):
    """A traced value outlived its trace."""

"""statelint: a static analysis linter for stateful differentiable code."""

__version__ = "0.1.0"

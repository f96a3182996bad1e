"""What libraries' functions, methods and classes do: read from ``rules/models/`` and from the user's own files."""

from statelint.models.errors import ModelError
from statelint.models.loader import Models, load_models

__all__ = ["ModelError", "Models", "load_models"]

"""The ancestors of a library's class that the models do not know, from its installed package."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from statelint.config import Settings
    from statelint.models import Models
    from statelint.resolve.third_party import ThirdParty


class LibraryAncestors:
    """Called with a class's dotted name, returns the names of what it is or extends, nearest first, in the models'
    words where they have one. Looks for the packages when a class is asked for that the models do not know."""

    def __init__(self, models: Models, settings: Settings) -> None:
        self._models = models
        self._settings = settings
        self._packages: ThirdParty | None = None
        self._found: dict[str, tuple[str, ...]] = {}

    def __call__(self, dotted: str) -> tuple[str, ...]:
        """Return the ancestors; none for a class of the models, of Python, or of no installed package."""
        root, dot, _ = dotted.partition(".")
        if not dot or root in sys.stdlib_module_names or self._model(dotted) is not None:
            return ()
        if dotted not in self._found:
            self._found[dotted] = tuple(dict.fromkeys(self._ancestors(dotted)))
        return self._found[dotted]

    def _model(self, dotted: str) -> str | None:
        model = self._models.class_(dotted)
        return model.name if model is not None else None

    def _ancestors(self, dotted: str) -> Iterator[str]:
        if self._packages is None:
            from statelint.resolve.environment import search_path
            from statelint.resolve.third_party import ThirdParty

            self._packages = ThirdParty(search_path(self._settings.python, self._settings.root), self._model)
        own = self._packages.canonical(dotted)
        for name in (own, *self._packages.ancestry(dotted)):
            if name != dotted:
                yield name
            queue = [name]
            for each in queue:  # what the models know of it
                model = self._models.class_(each) if "." in each else None
                more = [base for base in model.bases if base not in queue] if model is not None else []
                queue += more
                yield from more

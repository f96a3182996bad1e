"""The front door: one module per verb, found by its place, each thin.

A verb's module has ``HELP`` (one line), ``configure(parser)`` and ``run(arguments) -> exit code``; what costs time is
imported in ``run``. Modules with a leading underscore, and ``main``, are no verbs.
"""

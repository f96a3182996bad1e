"""Measures statelint and writes the figures into docs/quality.md: ``python -m benchmarks.quality --help``.

A section of the document is a module of `benchmarks.quality.sections`: it has ``TITLE``, ``INTRODUCTION`` and
``measure(bench)``, which returns Markdown, or None if what it needs was not given. It is found by its place.
"""

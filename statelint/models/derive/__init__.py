"""Derives library models by executing the library: what an operation saves, overwrites, shares and draws.

A development command, ``python -m statelint.models.derive torch``; nothing on the path of a lint run imports it.
"""

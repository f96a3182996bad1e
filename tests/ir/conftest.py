"""The marker of tests that run by ``-m slow`` only."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes minutes; runs with -m slow")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "slow" not in config.getoption("-m"):
        skip = pytest.mark.skip(reason="runs with -m slow")
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(skip)

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from statelint.resolve.fact_store import FactStore
from statelint.resolve.third_party import ThirdParty

Write = Callable[[dict[str, str]], Path]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATELINT_CACHE_DIR", str(tmp_path / "cache"))
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "env" / "lib" / "python3.11" / "site-packages"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def write(site: Path) -> Write:
    def write_files(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = site / name
            path.parent.mkdir(parents=True, exist_ok=True)
            before = path.stat().st_mtime_ns if path.exists() else 0
            path.write_text(text)
            if before:
                os.utime(path, ns=(before + 1_000_000, before + 1_000_000))
        return site

    return write_files


@pytest.fixture
def packages(write: Write, tmp_path: Path) -> Callable[..., ThirdParty]:
    """Makes packages of files, and asks about them with a store of the test's own."""

    def make(files: dict[str, str], **options: object) -> ThirdParty:
        return ThirdParty([write(files)], store=FactStore(tmp_path / "store"), **options)  # type: ignore[arg-type]

    return make

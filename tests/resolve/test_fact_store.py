import os
import sqlite3
from concurrent.futures import ProcessPoolExecutor

from statelint.resolve import extract
from statelint.resolve.fact_store import NAME, FactStore
from statelint.resolve.third_party import ThirdParty

LIB = {"lib/__init__.py": "class A(dict): pass\n", "lib-1.0.dist-info/METADATA": ""}


def count_reads(monkeypatch):
    reads = []
    real = extract.extract
    monkeypatch.setattr(extract, "extract", lambda data, module, path: reads.append(module) or real(data, module, path))
    return reads


def test_facts_are_kept_between_runs(packages, monkeypatch):
    reads = count_reads(monkeypatch)
    assert packages(LIB).ancestry("lib.A") == ("dict",)
    assert packages({}).ancestry("lib.A") == ("dict",)
    assert reads == ["lib"]


def test_a_changed_file_and_a_changed_version_are_read_anew(packages, site, monkeypatch):
    reads = count_reads(monkeypatch)
    packages(LIB).ancestry("lib.A")
    assert packages({"lib/__init__.py": "class A(list): pass\n"}).ancestry("lib.A") == ("list",)
    assert reads == ["lib"] * 2
    (site / "lib-1.0.dist-info").rename(site / "lib-1.1.dist-info")
    status = (site / "lib" / "__init__.py").stat()
    (site / "lib" / "__init__.py").write_text("class A(set): pass \n")
    os.utime(site / "lib" / "__init__.py", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert packages({}).ancestry("lib.A") == ("set",)


def test_a_broken_file_that_stays_broken_is_read_once(packages, monkeypatch):
    reads = count_reads(monkeypatch)
    for files in ({"lib/__init__.py": "class A(:\n"}, {}):
        assert packages(files).ancestry("lib.A") == ()
    assert reads == ["lib"]


def test_a_broken_store_is_a_slower_run(packages, tmp_path, monkeypatch):
    reads = count_reads(monkeypatch)
    store = tmp_path / "store"
    store.mkdir()
    (store / NAME).write_bytes(b"no database at all" * 100)
    assert packages(LIB).ancestry("lib.A") == ("dict",)
    assert packages({}).ancestry("lib.A") == ("dict",)
    assert reads == ["lib"]


def test_damaged_rows_and_tables_are_not_believed(packages, tmp_path, monkeypatch):
    reads = count_reads(monkeypatch)
    packages(LIB).ancestry("lib.A")
    for damage in (
        "UPDATE facts SET data = x'00'",
        "UPDATE facts SET data = substr(data, 1, length(data) - 1) || x'00'",
        "UPDATE facts SET data = 'text'",
        "DROP TABLE facts",
    ):
        with sqlite3.connect(tmp_path / "store" / NAME) as connection:
            connection.execute(damage)
        connection.close()
        assert packages({}).ancestry("lib.A") == ("dict",)
    assert len(reads) == 5


def test_a_store_that_cannot_be_written(packages, tmp_path):
    (tmp_path / "store").write_text("a file")
    assert packages(LIB).ancestry("lib.A") == ("dict",)


def test_a_locked_store_is_not_waited_for_long(packages, tmp_path, monkeypatch):
    monkeypatch.setattr("statelint.resolve.fact_store._WAIT", 0.05)
    packages(LIB).ancestry("lib.A")
    other = sqlite3.connect(tmp_path / "store" / NAME, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert packages({"lib/__init__.py": "class A(list): pass\n"}).ancestry("lib.A") == ("list",)
    other.execute("ROLLBACK")
    other.close()


def test_a_store_that_grew_too_large_starts_anew(packages, tmp_path, monkeypatch):
    packages(LIB).ancestry("lib.A")
    monkeypatch.setattr("statelint.resolve.fact_store._LARGEST", 1)
    reads = count_reads(monkeypatch)
    assert packages({}).ancestry("lib.A") == ("dict",)
    assert reads == ["lib"]


def _ask(job):
    site, store, number = job
    found = ThirdParty([site], store=FactStore(store))
    return [found.ancestry(f"lib.m{(number + each) % 30}.A") for each in range(30)]


def test_processes_share_a_store(packages, site, tmp_path):
    packages({"lib/__init__.py": "", **{f"lib/m{i}.py": "class A(dict): pass\n" for i in range(30)}})
    with ProcessPoolExecutor(4) as pool:
        answers = list(pool.map(_ask, [(site, tmp_path / "store", each) for each in range(8)]))
    assert answers == [[("dict",)] * 30] * 8
    with sqlite3.connect(tmp_path / "store" / NAME) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("SELECT count(*) FROM facts").fetchone() == (30,)
    connection.close()

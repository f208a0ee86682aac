"""What was read is kept by content: the same clusters come back, and nothing torn, stale or foreign is believed."""

from __future__ import annotations

import gzip
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from mlcluster.anatomy import Anatomy
from mlcluster.data import model_structures
from mlcluster.errors import MlclusterError
from mlcluster.graph import reading
from mlcluster.graph.reading import ReadCache
from mlcluster.structure.files import read_text
from mlcluster.structure.result import ReadOptions

AU11 = "model Au11(PH3)7Cl3"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Au11.cif"
    path.write_text(model_structures()[AU11].to_cif())
    return path


def read(cache: ReadCache, path: Path, strict: bool = False, **options: object) -> list[Anatomy]:
    return cache.read(read_text(path), ReadOptions(**options), strict=strict)  # type: ignore[arg-type]


def assert_same(found: list[Anatomy], expected: list[Anatomy]) -> None:
    for one, other in zip(found, expected, strict=True):
        a, b = one.cluster, other.cluster
        assert one.valence_electrons == other.valence_electrons and one.ligands == other.ligands
        assert np.array_equal(a.numbers, b.numbers) and np.array_equal(a.positions, b.positions)
        for key in ("charge", "multiplicity", "labels", "name", "declared_ligands", "source", "formula"):
            assert getattr(a, key) == getattr(b, key)


def test_a_second_run_parses_nothing_and_gets_the_same(tmp_path: Path, file: Path, monkeypatch) -> None:
    first = read(ReadCache(tmp_path / "cache"), file)
    assert (first[0].cluster.charge, first[0].valence_electrons) == (0, 8)
    monkeypatch.setattr(reading, "read_parsed", None)
    monkeypatch.setattr("mlcluster.anatomy.anatomy.find_ligands", None)
    cache = ReadCache(tmp_path / "cache")
    assert_same(read(cache, file), first)
    assert (cache.hits, cache.misses) == (1, 0)


def test_a_file_with_several_clusters_keeps_all(tmp_path: Path, test_data: Path) -> None:
    path = test_data / "cif" / "two_clusters.cif"
    first, second = (read(ReadCache(tmp_path), path) for _ in range(2))
    assert len(first) > 1
    assert_same(second, first)


def test_a_copy_under_another_name_is_a_hit_and_bears_its_own_name(tmp_path: Path, file: Path) -> None:
    cache = ReadCache(tmp_path / "cache")
    read(cache, file)
    copy = tmp_path / "copy.cif.gz"
    copy.write_bytes(gzip.compress(file.read_bytes()))
    (anatomy,) = read(cache, copy)
    cluster = anatomy.cluster
    assert cache.hits == 1
    assert (cluster.name, cluster.source.path) == ("copy", str(copy))


def test_bytes_options_and_code_are_part_of_the_key(tmp_path: Path, file: Path, monkeypatch) -> None:
    cache = ReadCache(tmp_path / "cache")
    read(cache, file)
    assert read(cache, file, charge=2)[0].cluster.charge == 2
    read(cache, file, disorder="reject")
    read(cache, file, strict=True)
    file.write_text(file.read_text().replace("_mlcluster_charge 0", "_mlcluster_charge 4"))
    assert read(cache, file)[0].cluster.charge == 4
    monkeypatch.setattr(reading, "code_digest", lambda: "another version")
    read(cache, file)
    assert (cache.hits, cache.misses) == (0, 6)


@pytest.mark.parametrize("damage", ["cut", "empty", "junk", "one byte"])
def test_a_damaged_entry_is_read_again_and_mended(tmp_path: Path, file: Path, damage: str) -> None:
    first = read(ReadCache(tmp_path / "cache"), file)
    (entry,) = (path for path in (tmp_path / "cache").rglob("*") if path.is_file())
    data = entry.read_bytes()
    middle = len(data) // 2
    spoiled = {"cut": data[:middle], "empty": b"", "junk": b"\xff" * 300}
    spoiled["one byte"] = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
    entry.write_bytes(spoiled[damage])
    cache = ReadCache(tmp_path / "cache")
    assert_same(read(cache, file), first)
    assert_same(read(cache, file), first)
    assert (cache.hits, cache.misses) == (1, 1)


def test_failures_are_not_kept_and_no_directory_means_no_cache(tmp_path: Path, file: Path, test_data: Path) -> None:
    cache = ReadCache(tmp_path / "cache")
    for _ in range(2):
        with pytest.raises(MlclusterError):
            read(cache, test_data / "cif" / "endless_chain.cif")
    assert cache.misses == 2 and not (tmp_path / "cache").exists()
    nothing = ReadCache(None)
    assert_same(read(nothing, file), read(nothing, file))
    assert nothing.misses == 2


def test_a_place_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path, file: Path) -> None:
    (tmp_path / "cache").write_text("a file where the directory should be")
    cache = ReadCache(tmp_path / "cache")
    assert_same(read(cache, file), read(cache, file))
    assert cache.misses == 2


def test_writers_at_once_leave_whole_entries(tmp_path: Path) -> None:
    files = []
    for k, cluster in enumerate(list(model_structures().values())[:3]):
        files.append(tmp_path / f"{k}.cif")
        files[-1].write_text(cluster.to_cif())
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda path: read(ReadCache(tmp_path / "cache"), path), files * 4))
    cache = ReadCache(tmp_path / "cache")
    for file in files:
        assert_same(read(cache, file), read(ReadCache(None), file))
    assert cache.hits == 3
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.name.startswith(".")]

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import archive


@pytest.mark.parametrize("folder", ["new comer", "größer", "a#b", "100%"])
def test_where_java_archives_no_class_nothing_is_run_for_it_and_that_is_said_once(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spark = tmp_path / folder / "pyspark"
    (spark / "jars").mkdir(parents=True)
    monkeypatch.setattr(archive, "pyspark_folder", lambda: spark)
    monkeypatch.setattr(archive, "archive_of", lambda name: tmp_path / f"{name}.jsa")
    monkeypatch.setattr(archive, "Services", None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    archive.write_archive(tmp_path)
    archive.write_archive(tmp_path)
    assert capsys.readouterr().err.count("no quick starts") == 1
    assert not (tmp_path / "spark.jsa").exists()


def test_a_killed_making_leaves_no_archive_and_is_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "jars").mkdir()
    begun = []

    def killed(root: Path, file: Path) -> str:
        begun.append(file)
        raise KeyboardInterrupt

    monkeypatch.setattr(archive, "pyspark_folder", lambda: tmp_path)
    monkeypatch.setattr(archive, "archive_of", lambda name: tmp_path / f"{name}.jsa")
    monkeypatch.setattr(archive, "_train", killed)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            archive.write_archive(tmp_path)
    assert begun == [tmp_path / "spark.jsa"] * 2
    assert not begun[0].exists()

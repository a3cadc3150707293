"""What is said of word data that is missing or damaged, and how it is put in place."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from langkah.errors import ResourceError
from langkah.evaluation import wordnet
from langkah.evaluation.wordnet import (
    HASHES,
    THESAURUS,
    WORDNET,
    check_wordnet,
    default_target,
    install_wordnet,
    lexicon_version,
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(default_target() / WORDNET, tmp_path / WORDNET)
    (tmp_path / THESAURUS).parent.mkdir()
    shutil.copyfile(default_target() / THESAURUS, tmp_path / THESAURUS)
    return tmp_path


def test_this_environment_has_the_word_data() -> None:
    assert check_wordnet() is None


def test_the_version_of_the_word_data_follows_their_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    version = lexicon_version()
    assert len(version) == 12
    assert int(version, 16)
    monkeypatch.setitem(HASHES, "data.noun", HASHES["data.verb"])
    assert lexicon_version() != version
    monkeypatch.undo()
    assert lexicon_version() == version


def test_a_folder_without_word_data(tmp_path: Path) -> None:
    problem = check_wordnet(tmp_path)
    assert problem is not None
    assert "is missing" in problem
    assert "make setup" in problem


@pytest.mark.parametrize("name", ["corpora/wordnet/data.noun", "corpora/wordnet/lexnames", str(THESAURUS)])
def test_damage_is_found_and_named(copy: Path, name: str) -> None:
    assert check_wordnet(copy) is None
    content = (copy / name).read_bytes()
    (copy / name).write_bytes(content[:-1])
    assert f"{copy / name} is not the expected file" in str(check_wordnet(copy))
    (copy / name).unlink()
    assert f"{copy / name} is missing" in str(check_wordnet(copy))
    (copy / name).symlink_to(default_target() / name)
    assert f"{copy / name} is a symbolic link" in str(check_wordnet(copy))


def test_damage_is_repaired_from_a_copy_with_the_right_hashes(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = default_target()
    monkeypatch.setattr(wordnet, "_from_system", lambda _: [place / WORDNET, (place / THESAURUS).parent])
    (copy / WORDNET / "data.verb").write_bytes(b"x")
    (copy / WORDNET / "stray").write_bytes(b"x")
    install_wordnet(copy)
    assert check_wordnet(copy) is None
    assert not (copy / WORDNET / "stray").exists()
    assert [path.name for path in (copy / "corpora").iterdir()] == ["wordnet"]


def test_files_with_another_hash_are_refused_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    for name in HASHES:
        (wrong / name).write_bytes(b"other")

    def absent(_: Path) -> list[Path]:
        raise ResourceError("apt-get: no answer within 1 s")

    monkeypatch.setattr(wordnet, "_from_system", lambda _: [wrong])
    monkeypatch.setattr(wordnet, "_from_debian", absent)
    monkeypatch.setattr(wordnet, "_from_nltk", absent)
    with pytest.raises(ResourceError) as caught:
        install_wordnet(tmp_path / "target")
    assert f"{wrong / 'data.noun'}: sha256 differs" in str(caught.value)
    assert "apt-get: no answer within 1 s" in str(caught.value)
    assert not (tmp_path / "target").exists()


def test_the_archive_of_nltk_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "wordnet.zip", "w") as archive:
        archive.writestr("wordnet/adv.exc", "best well\n")
        archive.writestr("wordnet/README", "no")
        archive.writestr("../outside/verb.exc", "ate eat\n")
    wordnet._unzip(tmp_path / "wordnet.zip", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["adv.exc", "verb.exc"]
    assert not (tmp_path / "outside").exists()


def test_a_command_that_is_missing_fails_or_hangs_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="no-such-program: cannot be run"):
        wordnet._command(["no-such-program"], tmp_path, 5)
    with pytest.raises(ResourceError, match=r"sh: failed \(3\): no candidate"):
        wordnet._command(["sh", "-c", "echo no candidate; exit 3"], tmp_path, 5)
    with pytest.raises(ResourceError, match="sleep: no answer within 0 s"):
        wordnet._command(["sleep", "5"], tmp_path, 0.1)


def test_the_module_runs_and_does_nothing_where_all_is_there() -> None:
    command = [sys.executable, "-W", "error", "-m", "langkah.evaluation.wordnet"]
    done = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stderr.strip().endswith(str(default_target()))

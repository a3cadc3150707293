"""The word data of METEOR: WordNet 3.0 for English and Debian's `mythes-id` thesaurus for Indonesian.

`install_wordnet` takes both from where they are found first: the system's own copy, Debian's packages (fetched and
unpacked without being root), NLTK's downloader (WordNet only). Whatever the place, the files are taken only when
their sha256 is the recorded one, so that METEOR gives the same values on each machine. Run it by itself with
`python -m langkah.evaluation.wordnet [FOLDER]`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Final

from langkah.errors import ResourceError

WORDNET: Final = Path("corpora/wordnet")
"""Where nltk looks for WordNet, below a folder of its data path."""
THESAURUS: Final = Path("langkah/th_id_ID_v2.dat")
"""Where `langkah` looks for the Indonesian thesaurus, below the same folder."""

HASHES: Final = {
    "data.adj": "c89120dfc1f046ddff4a631bf9b7e9fa1a36b5e86565a23bf82dbe14f30b88a7",
    "data.adv": "444a63bf3955080ab7524f5079cfc07ff9bc682cb98bdb1db73b0fb9829f1139",
    "data.noun": "fea17d2f9656611334eac790e5d69e47645fa180c4aa481fb4cd9b3520754ca2",
    "data.verb": "adcf43e35b581e8036d8b5a52d63d9cd3d3b4870b2720d3c03c799df44777bc2",
    "index.adj": "c9865d7b4d1f805bdef82ccdcea5282436e23083e6f6f1b33e716327c4eda810",
    "index.adv": "6f5465ed5758fe9c8a2f7ec17b1300f3aa875756c70ff7cba162f7e71bcf88ea",
    "index.noun": "a490d99d93d017bf4822fe2f0ffa51fd73911ce271dc7535fade21f8814b5a04",
    "index.verb": "e2ac24816c3a8289dcb72aaa9cf8db81fdf25ec34d792bfc96ac5b7a20c8b4ae",
    "adj.exc": "8824cc24bbedd797b9702316b27f07cd4c2b76b629539f0a1276f03926758016",
    "adv.exc": "e7291461b629abfe63301bbe1998cee09fd575ed7107abd7ea9763adb05bf0a8",
    "noun.exc": "2b5d675c380b39ecf595af9fa9d4e7feb1d58c643b0bff08c40ed5bfe41fab7a",
    "verb.exc": "dbbcf9a601b2d77e934e413b91d90e88ec7f933a8b77cfc00602a923b891b42c",
    "th_id_ID_v2.dat": "0415d310926ee3641e90b18d5053b3c9e8263dcf6cb94420db8f1d19ad80c597",
}
"""sha256 of what METEOR reads; the same from Debian 11 (WordNet 1:3.0-36, mythes-id 7.1) to sid (1:3.0-41, 26.8)."""

UNREAD: Final = ("cntlist.rev", "index.sense")
"""nltk's reader lists them, METEOR never reads them: copied where they are, not checked."""

PACKAGES: Final = ("wordnet-base", "wordnet-sense-index", "mythes-id")
APT_SECONDS: Final = 180
NLTK_SECONDS: Final = 90


def default_target() -> Path:
    """The folder of this environment on nltk's data path: `<sys.prefix>/nltk_data`."""
    return Path(sys.prefix) / "nltk_data"


def lexicon_version() -> str:
    """Twelve hex digits that change with the word data METEOR must read; part of the cache key of scores."""
    lines = "".join(f"{name} {digest}\n" for name, digest in sorted(HASHES.items()))
    return hashlib.sha256(lines.encode()).hexdigest()[:12]


def check_wordnet(target: Path | None = None) -> str | None:
    """Say in one line what is wrong with the word data below `target`, or None when METEOR can use it."""
    target = target or default_target()
    for name in ("lexnames", *HASHES):
        path = _place(target, name)
        if not path.is_file():
            return f"{path} is missing: run `make setup`"
        if path.is_symlink():
            return f"{path} is a symbolic link, which nltk refuses to follow: run `make setup`"
        expected = HASHES.get(name) or hashlib.sha256(_lexnames()).hexdigest()
        if _sha256(path) != expected:
            return f"{path} is not the expected file (its sha256 differs): run `make setup`"
    return None


def install_wordnet(target: Path | None = None) -> None:
    """Put WordNet 3.0 and the Indonesian thesaurus below `target`; nothing is done where they are already.

    Raises:
        ResourceError: no place had them; the message has one line for each place that was tried.
    """
    target = target or default_target()
    if check_wordnet(target) is None:
        return
    failures: list[str] = []
    missing = set(HASHES)
    with tempfile.TemporaryDirectory(prefix="langkah-words-") as scratch:
        found: dict[str, Path] = {}
        for number, source in enumerate((_from_system, _from_debian, _from_nltk)):
            folder = Path(scratch) / str(number)
            folder.mkdir()
            try:
                folders = source(folder)
            except ResourceError as error:
                failures.append(str(error))
                continue
            wrong = _collect(folders, missing, found)
            failures.extend(f"{path}: sha256 differs from the recorded one" for path in wrong)
            if not missing:
                _publish(found, target)
                return
    lines = "\n".join(f"  {line}" for line in failures)
    raise ResourceError(
        f"METEOR's word data could not be installed, {len(missing)} of {len(HASHES)} files are missing:\n{lines}\n"
        f"  On Debian or Ubuntu, `apt-get install {' '.join(PACKAGES)}` as root and then `make setup` is enough"
    )


def _place(target: Path, name: str) -> Path:
    return target / THESAURUS if name == THESAURUS.name else target / WORDNET / name


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _lexnames() -> bytes:
    """WordNet's lexicographer files (number, name, part of speech): in its manual, lexnames(5WN), not in Debian's data."""
    return resources.files("langkah.evaluation").joinpath("lexnames.txt").read_bytes()


def _collect(folders: Sequence[Path], missing: set[str], found: dict[str, Path]) -> list[Path]:
    """Move what `folders` have from `missing` to `found`; return the files that are not the recorded ones."""
    wrong: list[Path] = []
    for folder in folders:
        for name in sorted(missing):
            path = folder / name
            if not path.is_file():
                continue
            if _sha256(path) == HASHES[name]:
                found[name] = path
                missing.discard(name)
            else:
                wrong.append(path)
        for name in (*UNREAD, "copyright"):
            if (folder / name).is_file():
                found.setdefault(name, folder / name)
    return wrong


def _publish(found: dict[str, Path], target: Path) -> None:
    """Copy into folders beside the final ones, then rename: a reader never sees half of it."""
    final = target / WORDNET
    final.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".wordnet-", dir=final.parent))
    fresh.chmod(0o755)  # mkdtemp's 0700 would lock out the other users of a shared environment
    for name, path in found.items():
        if name != THESAURUS.name:
            shutil.copyfile(path, fresh / name)  # follows links: nltk refuses them
    (fresh / "lexnames").write_bytes(_lexnames())
    if final.is_symlink() or final.is_file():
        final.unlink()
    elif final.is_dir():
        shutil.rmtree(final)
    fresh.rename(final)

    thesaurus = target / THESAURUS
    thesaurus.parent.mkdir(parents=True, exist_ok=True)
    partial = thesaurus.with_suffix(".partial")
    shutil.copyfile(found[THESAURUS.name], partial)
    partial.replace(thesaurus)


def _from_system(_: Path) -> list[Path]:
    """What the system's package manager has installed."""
    folders = [Path("/usr/share/wordnet"), Path("/usr/share/mythes"), Path("/usr/share/doc/wordnet-base")]
    if not any(folder.is_dir() for folder in folders):
        raise ResourceError("system: no /usr/share/wordnet and no /usr/share/mythes")
    return folders


def _from_debian(scratch: Path) -> list[Path]:
    """Fetch Debian's packages with apt-get and unpack them with dpkg-deb; nothing is installed, no root needed."""
    for program in ("apt-get", "dpkg-deb"):
        if shutil.which(program) is None:
            raise ResourceError(f"Debian's packages: {program} is not here")
    quick = ["-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20"]
    if os.geteuid() == 0:
        quick += ["-o", "APT::Sandbox::User=root"]  # the scratch folder is closed to the user _apt
    try:
        _command(["apt-get", *quick, "download", *PACKAGES], scratch, APT_SECONDS)
    except ResourceError:
        # No usable package lists (a fresh container): fetch them into the scratch folder, which needs no root.
        for folder in ("lists/partial", "cache/archives/partial"):
            (scratch / folder).mkdir(parents=True)
        private = ["-o", f"Dir::State::lists={scratch}/lists", "-o", f"Dir::Cache={scratch}/cache"]
        private += ["-o", "Debug::NoLocking=1", "-o", "Acquire::Languages=none"]
        _command(["apt-get", *quick, *private, "update"], scratch, APT_SECONDS)
        _command(["apt-get", *quick, *private, "download", *PACKAGES], scratch, APT_SECONDS)
    root = scratch / "root"
    for package in sorted(scratch.glob("*.deb")):
        _command(["dpkg-deb", "-x", str(package), str(root)], scratch, APT_SECONDS)
    return [root / "usr/share" / folder for folder in ("wordnet", "mythes", "doc/wordnet-base")]


def _from_nltk(scratch: Path) -> list[Path]:
    """Fetch WordNet with NLTK's downloader, in a child process, since it has no time-out of its own."""
    download = [sys.executable, "-m", "nltk.downloader", "-e", "-q", "-d", str(scratch), "wordnet"]
    _command(download, scratch, NLTK_SECONDS)
    archive = scratch / "corpora/wordnet.zip"
    if archive.is_file():
        _unzip(archive, scratch / WORDNET)
    if not (scratch / WORDNET).is_dir():  # without a network the downloader prints why and ends with 0
        raise ResourceError("nltk.downloader: gave no WordNet")
    return [scratch / WORDNET]


def _unzip(archive: Path, folder: Path) -> None:
    """Take the known files out of the archive, whatever folder they are in there."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {*HASHES, *UNREAD}
    with zipfile.ZipFile(archive) as content:
        for member in content.infolist():
            name = Path(member.filename).name
            if name in wanted:
                with content.open(member) as source, (folder / name).open("wb") as copy:
                    shutil.copyfileobj(source, copy)


def _command(command: Sequence[str], folder: Path, seconds: float) -> None:
    """Run a command in `folder`.

    Raises:
        ResourceError: it is missing, failed or took too long; with its last line of output.
    """
    name = "nltk.downloader" if "nltk.downloader" in command else command[0]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise ResourceError(f"{name}: no answer within {seconds:.0f} s") from None
    except OSError as error:
        raise ResourceError(f"{name}: cannot be run: {error.strerror}") from None
    if done.returncode:
        lines = [line.strip() for line in (done.stdout + "\n" + done.stderr).splitlines() if line.strip()]
        raise ResourceError(f"{name}: failed ({done.returncode}): {lines[-1] if lines else 'no output'}")


def main(arguments: Sequence[str] | None = None, say: Callable[[str], object] = sys.stderr.write) -> int:
    """Install below the folder named in `arguments`, or below `<sys.prefix>/nltk_data`; 0 when METEOR can use it."""
    arguments = sys.argv[1:] if arguments is None else arguments
    target = Path(arguments[0]) if arguments else default_target()
    try:
        install_wordnet(target)
    except ResourceError as error:
        say(f"{error}\n")
        return 1
    say(f"WordNet 3.0 and the Indonesian thesaurus are in {target}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

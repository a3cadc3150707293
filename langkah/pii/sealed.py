"""The originals behind the placeholders, encrypted: written only where `pii.vault` is on.

    python -m langkah.pii.sealed FILE        # prints them, with the key in LANGKAH_VAULT_KEY

A key is what `cryptography.fernet.Fernet.generate_key()` gives. Several may stand in the variable, parted by commas: the first
one encrypts, all decrypt, so that a key can be replaced.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Protocol

from langkah.errors import ConfigError, InputError
from langkah.pii.scrubber import Original
from langkah.pii.view import PLACEHOLDER

KEY_VARIABLE: Final = "LANGKAH_VAULT_KEY"
_SHOWN: Final = ("prompt", "output")
"""The fields of a record that a person may look at again."""


class _Replaced(Protocol):
    """An outcome of scrubbing."""

    @property
    def originals(self) -> tuple[Original, ...]: ...


def check_key() -> None:
    """Make sure that the environment holds a key.

    Raises:
        ConfigError: it holds none, or something else.
    """
    _cipher()


def seal(path: Path, rows: Iterable[tuple[str, int, _Replaced]]) -> int:
    """Write what was replaced in each row, one encrypted line a row that had something.

    Args:
        path: the file; one that is there is replaced, and only its owner may read it.
        rows: file, row number, and the outcome of scrubbing it.

    Returns:
        How many values it holds.

    Raises:
        ConfigError: there is no key.
    """
    cipher = _cipher()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    count = 0
    try:
        draft.touch(mode=0o600)
        with draft.open("wb") as handle:
            for file, row, scrubbed in rows:
                if scrubbed.originals:
                    values = [original._asdict() for original in scrubbed.originals]
                    line = json.dumps({"file": file, "row": row, "originals": values}, ensure_ascii=False)
                    handle.write(cipher.encrypt(line.encode("utf-8", "surrogatepass")) + b"\n")
                    count += len(values)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return count


def unseal(path: Path) -> Iterator[dict[str, Any]]:
    """Read the rows that `seal` wrote: `file`, `row`, and `originals` of `field`, `placeholder` and `value`.

    Raises:
        ConfigError: there is no key.
        InputError: the file cannot be read, or was written with another key, or changed since.
    """
    cipher = _cipher()
    for number, line in enumerate(_lines(path)):
        yield _opened(cipher, path, number, line)


class SealedRows:
    """A sealed file to look single rows up in: their places stay in memory, what they hold does not.

    Raises:
        ConfigError: there is no key.
        InputError: as for `unseal`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp = _stamp(path)
        self._places = {
            (row["file"], row["row"]): number
            for number, row in enumerate(unseal(path))
            if any(original["field"] in _SHOWN for original in row["originals"])
        }

    def __contains__(self, place: tuple[str, int]) -> bool:
        return place in self._places

    def fresh(self) -> bool:
        """Whether the file is the one that was read, and the key in the environment still opens it."""
        return self._stamp == _stamp(self.path) and is_sealed(self.path)

    def originals(self, file: str, row: int) -> tuple[Original, ...]:
        """What was replaced in a row that is there.

        Raises:
            InputError: the file was changed since.
        """
        number = self._places[file, row]
        found = _opened(_cipher(), self.path, number, _lines(self.path)[number])
        if (found["file"], found["row"]) != (file, row):
            raise InputError(f"{self.path}: line {number + 1}: changed since")
        return tuple(Original(**original) for original in found["originals"])


def restore(text: str, field: str, originals: Iterable[Original]) -> Iterator[tuple[str, bool]]:
    """A scrubbed text in pieces, its placeholders replaced by what they stand for; with each, whether it is such a value."""
    values: defaultdict[str, list[str]] = defaultdict(list)
    for original in originals:
        if original.field == field:
            values[original.placeholder].append(original.value)
    end = 0
    for match in PLACEHOLDER.finditer(text):
        if values[match.group()]:
            yield text[end : match.start()], False
            yield values[match.group()].pop(0), True
            end = match.end()
    yield text[end:], False


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    return found.st_mtime_ns, found.st_size


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().splitlines()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


def _opened(cipher: Any, path: Path, number: int, line: bytes) -> dict[str, Any]:
    from cryptography.fernet import InvalidToken

    try:
        return json.loads(cipher.decrypt(line))
    except InvalidToken:
        raise InputError(f"{path}: line {number + 1}: written with another key, or changed since") from None


def is_sealed(path: Path) -> bool:
    """Whether the originals are there, under a key that the environment holds."""
    try:
        next(unseal(path), None)
    except InputError:
        return False
    return True


def _cipher() -> Any:
    from cryptography.fernet import Fernet, MultiFernet

    keys = [key.strip() for key in os.environ.get(KEY_VARIABLE, "").split(",") if key.strip()]
    if not keys:
        raise ConfigError(f"pii.vault: expected a key in the environment variable {KEY_VARIABLE}, see langkah/pii/sealed.py")
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise ConfigError(f"pii.vault: {KEY_VARIABLE} holds no Fernet key (32 bytes in URL-safe base64)") from None


def main(arguments: list[str]) -> int:
    """Print the originals of a sealed file as JSON lines."""
    try:
        for row in unseal(Path(arguments[0])):
            sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) if len(sys.argv) == 2 else "usage: python -m langkah.pii.sealed FILE")

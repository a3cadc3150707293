"""The originals behind the placeholders, encrypted: written only where `pii.vault` is on.

    python -m langkah.pii.sealed FILE        # prints them, with the key in LANGKAH_VAULT_KEY

A key is what `cryptography.fernet.Fernet.generate_key()` gives. Several may stand in the variable, parted by commas: the first
one encrypts, all decrypt, so that a key can be replaced.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from langkah.errors import ConfigError, InputError
from langkah.pii.scrubber import Scrubbed

KEY_VARIABLE: Final = "LANGKAH_VAULT_KEY"


def check_key() -> None:
    """Make sure that the environment holds a key.

    Raises:
        ConfigError: it holds none, or something else.
    """
    _cipher()


def seal(path: Path, rows: Iterable[tuple[str, int, Scrubbed]]) -> int:
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
    from cryptography.fernet import InvalidToken

    cipher = _cipher()
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    for number, line in enumerate(lines, start=1):
        try:
            yield json.loads(cipher.decrypt(line))
        except InvalidToken:
            raise InputError(f"{path}: line {number}: written with another key, or changed since") from None


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

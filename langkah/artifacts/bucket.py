"""Artifacts in an object store, `s3://bucket/prefix` say, for all machines that work together.

Each machine keeps what it uses in its own folder. An object is written whole or not at all, several are not: an artifact is
there once its manifest is, which goes up last and comes down first. Two who write the same content write the same objects.
"""

from __future__ import annotations

import datetime as dt
import errno
import functools
import re
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from langkah.addresses import holds_secret
from langkah.artifacts.manifest import MANIFEST_NAME, Manifest
from langkah.artifacts.ref import ArtifactRef
from langkah.errors import ArtifactError, ConfigError

BUCKET_VARIABLE: Final = "LANGKAH_ARTIFACTS"
_DAY: Final = 86_400
_DENIED: Final = ("AccessDenied", "AllAccessDisabled", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken")
_OWN_DISK: Final = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_USED_NAME: Final = ".used"
"""An empty object whose time is that of the last use: the manifest is never written again, so it cannot outlive its files."""
_KIND: Final = re.compile(r"[a-z][a-z0-9_-]*")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class Bucket:
    """A shelf of artifacts, `<prefix>/<kind>/<digest>/`, through fsspec.

    Args:
        url: where it is; keys come from the environment, as the driver reads them (AWS_ACCESS_KEY_ID, a role, a profile).

    Raises:
        ConfigError: the URL holds a secret, or there is no driver for it.
    """

    def __init__(self, url: str) -> None:
        if holds_secret(url):
            raise ConfigError(f"{BUCKET_VARIABLE}: expected no key in it: the driver reads keys from the environment")
        self.url = url.rstrip("/")
        self._system, self._root = _open(self.url)

    def kinds(self) -> list[str]:
        """Return the kinds of artifacts that there are, sorted; others may keep something else under the same prefix."""
        return [name for name in self._names(self._root) if _KIND.fullmatch(name)]

    def refs(self, kind: str) -> list[ArtifactRef]:
        """Return the artifacts of a kind, in the order of their digests; among them may be some whose upload broke off."""
        names = self._names(f"{self._root}/{kind}")
        return [ArtifactRef.of(kind, name) for name in names if _DIGEST.fullmatch(name)]

    def manifest(self, ref: ArtifactRef) -> Manifest:
        """Read an artifact's manifest.

        Raises:
            ArtifactError: the artifact is missing, or its manifest is damaged.
        """
        try:
            with self._told("read"):
                content: bytes = self._system.cat_file(self._place(ref, MANIFEST_NAME))
            return Manifest.model_validate_json(content)
        except FileNotFoundError:
            raise ArtifactError(f"{ref}: missing in {self.url}") from None
        except (ValidationError, ValueError):
            raise ArtifactError(f"{ref}: damaged manifest in {self.url}") from None

    def send(self, ref: ArtifactRef, folder: Path) -> None:
        """Upload an artifact, its manifest last; where it is there, that counts as a use of it.

        Args:
            ref: what it is called.
            folder: its files and its manifest.
        """
        with self._told("write"):
            if self._system.exists(self._place(ref, MANIFEST_NAME)):
                self.touch(ref)
                return
            names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
            names.remove(MANIFEST_NAME)
            self._system.put([str(folder / name) for name in names], [self._place(ref, name) for name in names])
            self._system.put_file(str(folder / MANIFEST_NAME), self._place(ref, MANIFEST_NAME))

    def fetch(self, ref: ArtifactRef, folder: Path) -> None:
        """Download an artifact into an empty folder; whether it is whole is for the caller to verify.

        Raises:
            ArtifactError: it is missing, or goes meanwhile.
        """
        manifest = self.manifest(ref)
        names = [file.name for file in manifest.files]
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
        try:
            with self._told("read"):
                self._system.get([self._place(ref, name) for name in names], [str(folder / name) for name in names])
        except FileNotFoundError:
            raise ArtifactError(f"{ref}: missing in {self.url}") from None
        (folder / MANIFEST_NAME).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")

    def touch(self, ref: ArtifactRef) -> None:
        """Note that an artifact is used, at most once a day."""
        try:
            with self._told("write"):
                if time.time() - self.used(ref) > _DAY:
                    self._system.pipe_file(self._place(ref, _USED_NAME), b"")
        except (OSError, ConfigError):  # gone, or to be read only
            return

    def used(self, ref: ArtifactRef) -> float:
        """Return when an artifact was made or used last, to a day, in seconds since the epoch; now where it is gone."""
        with self._told("read"):
            found: dict[str, Any] = self._system.find(self._place(ref, ""), detail=True)
        times = [_seconds(each.get("LastModified") or each.get("mtime") or each.get("created")) for each in found.values()]
        return max(times, default=time.time())

    def size(self, ref: ArtifactRef) -> int:
        """Return the bytes of an artifact."""
        with self._told("read"):
            return sum(each["size"] for each in self._system.find(self._place(ref, ""), detail=True).values())

    def remove(self, ref: ArtifactRef) -> None:
        """Remove an artifact, its manifest first.

        Raises:
            FileNotFoundError: it is gone.
        """
        with self._told("write"):
            manifest = self._place(ref, MANIFEST_NAME)
            if self._system.exists(manifest):
                self._system.rm_file(manifest)
            self._system.rm(self._place(ref, ""), recursive=True)

    def check(self) -> None:
        """Write, read and remove a small object.

        Raises:
            ConfigError: one of these is not allowed, or there is no such bucket.
            OSError: the store does not answer.
        """
        place = f"{self._root}/.check-{time.time_ns()}"
        with self._told("write"):
            self._system.pipe_file(place, b"langkah")
        with self._told("read"):
            self._system.cat_file(place)
        with self._told("remove"):
            self._system.rm_file(place)

    def _place(self, ref: ArtifactRef, name: str) -> str:
        return f"{self._root}/{ref.path}/{name}".rstrip("/")

    def _names(self, place: str) -> list[str]:
        """The names right below a place; those of drafts and checks, which begin with a dot, left out."""
        try:
            with self._told("list"):
                found = self._system.ls(place, detail=False)
        except FileNotFoundError:
            return []
        names = (str(path).rstrip("/").rpartition("/")[2] for path in found)
        return sorted(name for name in names if name and not name.startswith("."))

    @contextmanager
    def _told(self, doing: str) -> Generator[None]:
        """Say what a driver's error means, without its message: that may hold a key or a signed URL.

        Raises:
            ConfigError: it is not allowed, there is no such bucket, there are no keys.
            FileNotFoundError: there is no such object.
            OSError: the store does not answer, or answers that it is busy: another attempt may help.
        """
        try:
            yield
        except (ArtifactError, ConfigError):
            raise
        except Exception as error:
            raise _problem(error, self.url, doing) from None


@functools.lru_cache(maxsize=4)
def open_bucket(url: str) -> Bucket:
    """Return the bucket at a URL, opened once in a process."""
    return Bucket(url)


def _open(url: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    try:
        system, root = url_to_fs(url, use_listings_cache=False)
    except ImportError as error:  # fsspec's own words: which package to install
        raise ConfigError(f"{BUCKET_VARIABLE}: {url}: {' '.join(str(error).split())}") from None
    except ValueError:
        scheme = url.partition("://")[0]
        raise ConfigError(f"{BUCKET_VARIABLE}: no driver for {scheme}:// (expected a URL such as s3://bucket/prefix)") from None
    return system, str(root).rstrip("/")


def _problem(error: Exception, url: str, doing: str) -> Exception:
    name = type(error).__name__
    if "NoSuchBucket" in str(error) or "bucket does not exist" in str(error):
        return ConfigError(f"{BUCKET_VARIABLE}: {url}: there is no such bucket")
    if isinstance(error, FileNotFoundError):
        return FileNotFoundError(errno.ENOENT, f"{url}: no such object")
    if isinstance(error, OSError) and error.errno in _OWN_DISK:
        return error
    if isinstance(error, PermissionError) or any(code in str(error) for code in _DENIED):
        return ConfigError(f"{BUCKET_VARIABLE}: {url}: no permission to {doing} there")
    if "Credentials" in name:
        return ConfigError(f"{BUCKET_VARIABLE}: {url}: the driver finds no keys (AWS_ACCESS_KEY_ID, a role, a profile)")
    return ConnectionError(errno.EIO, f"{url}: could not {doing}: {name}")


def _seconds(time_of: Any) -> float:
    """A driver's time of an object in seconds since the epoch."""
    if isinstance(time_of, dt.datetime):
        return time_of.timestamp()
    return float(time_of) if time_of is not None else time.time()

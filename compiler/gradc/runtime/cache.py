"""Compiled objects on disk, addressed by what they are made of.

    cache = open_cache()
    path = cache.fetch(key)                      # None, or an object whose content was verified
    path = cache.publish(key, built, {"kernel.c": text})

An object lies at ``KEY/SHA256-OF-ITS-CONTENT.so``, so a damaged one is known before it is loaded, and there is nothing
that could disagree with it. It is built aside and moved into place; there are no locks, and two processes that publish
the same key both succeed. `GRADC_CACHE_DIR` says where; by default it is the user's cache directory.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from functools import cache as remember
from pathlib import Path
from typing import NamedTuple

# `hashlib` is the same function, and brings OpenSSL along, which takes as long to load as all else that a kernel in the
# cache needs.
try:
    from _sha2 import sha256  # type: ignore[import-not-found, unused-ignore]
except ImportError:
    try:
        from _sha256 import sha256  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        from hashlib import sha256

__all__ = ["Cache", "CacheWarning", "address", "digest", "open_cache", "sha256"]

FORMAT = "1"


class CacheWarning(UserWarning):
    """The cache cannot be used."""


class Cache(NamedTuple):
    """A directory of compiled objects, private to its user.

    Parameters
    ----------
    root
        The directory.
    """

    root: Path

    @property
    def store(self) -> Path:
        """Where new objects go: the directory, or a temporary one if it cannot be written."""
        return writable(self.root)

    def places(self) -> Iterator[Path]:
        """Give the directories to look in."""
        yield self.root
        if self.store != self.root:
            yield self.store

    def fetch(self, key: str) -> Path | None:
        """Return the object of a key, or None where there is none that is whole. Damaged ones are removed."""
        for root in self.places():
            for path in sorted((root / key).glob("*.so")):
                with contextlib.suppress(OSError):
                    if digest(path) == path.stem:
                        return path
                    path.unlink()
        return None

    @contextlib.contextmanager
    def aside(self) -> Iterator[Path]:
        """Give a private directory on the same file system, gone afterwards."""
        import shutil
        import tempfile

        name = tempfile.mkdtemp(prefix="build-", dir=self.store)
        try:
            yield Path(name)
        finally:
            shutil.rmtree(name, ignore_errors=True)

    def publish(self, key: str, built: Path, beside: Mapping[str, str]) -> Path:
        """Move a built object into place, with texts that explain it, and return where it is."""
        home = self.store / key
        home.mkdir(mode=0o700, exist_ok=True)
        for name, text in beside.items():
            self._write(home / name, text.encode())
        path = home / f"{digest(built)}.so"
        os.replace(built, path)
        return path

    def keep(self, name: str, text: str) -> Path:
        """Keep a text that somebody may want to look at, such as C that did not compile."""
        home = self.store / "failed"
        home.mkdir(mode=0o700, exist_ok=True)
        self._write(home / name, text.encode())
        return home / name

    def note(self, name: str) -> object:
        """Return a small remembered fact, or None where there is none, or none that can be read."""
        for root in self.places():
            with contextlib.suppress(OSError, ValueError, RecursionError):
                return json.loads((root / f"{name}.json").read_bytes())
        return None

    def write_note(self, name: str, fact: object) -> None:
        """Remember a small fact. A cache that cannot be written forgets it."""
        with contextlib.suppress(OSError):
            self._write(self.store / f"{name}.json", json.dumps(fact, indent=1, sort_keys=True).encode())

    def recall(self, name: str) -> object:
        """Return a remembered fact that must be right, or None where there is none, or none that is whole."""
        for root in self.places():
            with contextlib.suppress(OSError, ValueError, RecursionError):
                content = (root / f"{name}.json").read_bytes()
                if sha256(content[65:]).hexdigest().encode() == content[:64]:
                    return json.loads(content[65:])
        return None

    def remember(self, name: str, fact: object) -> None:
        """Remember a fact under its checksum. A cache that cannot be written forgets it."""
        content = json.dumps(fact).encode()
        with contextlib.suppress(OSError):
            self._write(self.store / f"{name}.json", sha256(content).hexdigest().encode() + b"\n" + content)

    def _write(self, path: Path, content: bytes) -> None:
        import tempfile

        handle, name = tempfile.mkstemp(prefix="build-", dir=self.store)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise


def address(parts: Iterable[str]) -> str:
    """Return the key of an object made of these texts; which part holds what matters."""
    return str(sha256(json.dumps([FORMAT, *parts]).encode()).hexdigest())


def digest(path: Path) -> str:
    """Return the hash of a file's content."""
    return str(sha256(path.read_bytes()).hexdigest())


def open_cache() -> Cache:
    """Return the user's cache, or a private temporary one, with a warning, where that cannot be trusted or written."""
    place = os.environ.get("GRADC_CACHE_DIR") or _users_cache()
    return _open(os.path.abspath(os.path.expanduser(place)))


def _users_cache() -> str:
    if not sys.platform.startswith("linux"):
        import platformdirs

        return str(platformdirs.user_cache_dir("gradc", appauthor=False))
    # As platformdirs has it, which takes longer to load than a kernel.
    return os.path.join(os.environ.get("XDG_CACHE_HOME", "").strip() or os.path.expanduser("~/.cache"), "gradc")


def _open(place: str) -> Cache:
    root = Path(place)
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        root.mkdir(mode=0o700, exist_ok=True)
        # Who may write to the outer directory could put another inner one in place of ours.
        home = root / f"objects-{FORMAT}"
        home.mkdir(mode=0o700, exist_ok=True)
        reason = distrust(root, 0o002) or distrust(home, 0o022)
    except (OSError, ValueError) as error:
        reason = str(error)
    if reason:
        return Cache(temporary(f"{root} cannot be the cache: {reason}"))
    return Cache(home)


@remember
def writable(root: Path) -> Path:
    """Return the directory itself, or a temporary one, with a warning, where it cannot be written."""
    return root if os.access(root, os.W_OK | os.X_OK) else temporary(f"the cache {root} cannot be written")


def distrust(directory: Path, forbidden: int) -> str:
    """Say why code from a directory must not be run, or return an empty text."""
    status = os.stat(directory)
    if not stat.S_ISDIR(status.st_mode):
        return "it is not a directory"
    if hasattr(os, "geteuid") and status.st_uid != os.geteuid():
        return f"it belongs to another user ({status.st_uid})"
    if status.st_mode & forbidden:
        return f"others may write to {directory} (mode {stat.S_IMODE(status.st_mode):o})"
    return ""


@remember
def temporary(reason: str) -> Path:
    """Return a private directory that lasts as long as the process, after a warning that says why."""
    import atexit
    import tempfile

    warnings.warn(f"{reason}; compiled kernels last as long as this process", CacheWarning, stacklevel=2)
    name = tempfile.mkdtemp(prefix="gradc-")
    # Only the process that made it removes it: a child that was forked inherits the exit handler.
    atexit.register(_remove, name, os.getpid())
    return Path(name)


def _remove(name: str, owner: int) -> None:
    if os.getpid() == owner:
        import shutil

        shutil.rmtree(name, ignore_errors=True)

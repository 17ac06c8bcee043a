"""Compiled objects on disk, addressed by what they are made of.

    cache = open_cache()
    path = cache.fetch(key)                      # None, or an object whose content was verified
    path = cache.publish(key, built, {"kernel.c": text})

An object lies at ``KEY/SHA256-OF-KEY-AND-CONTENT.so``, so one that is damaged, or another key's, is known before it is
loaded, and there is nothing that could disagree with it. It is built aside and moved into place, so a reader never
meets half of it. `Cache.alone` makes those that want the same key wait for the first, which saves their time; nothing
goes wrong without it. `GRADC_CACHE_DIR` says where; by default it is the user's cache directory.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping
from functools import cache as remember
from pathlib import Path
from typing import NamedTuple

from gradc.errors import CompilerError
from gradc.runtime.processes import private

# `hashlib` is the same function, and brings OpenSSL along, which takes as long to load as all else that a kernel in the
# cache needs.
try:
    from _sha2 import sha256  # type: ignore[import-not-found, unused-ignore]
except ImportError:
    try:
        from _sha256 import sha256  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        from hashlib import sha256

__all__ = ["Cache", "CacheWarning", "address", "brief_directory", "open_cache", "sha256"]

FORMAT = "2"
_DAY = 86400.0  # seconds, which no compiler takes


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
        with contextlib.suppress(CompilerError):
            store = self.store
            if store != self.root:
                yield store

    def fetch(self, key: str) -> Path | None:
        """Return the object of a key, or None where there is none that is whole. Damaged ones are removed."""
        for root in self.places():
            for path in _objects(root / key):
                with contextlib.suppress(OSError):
                    if path.stem == seal(key, read(path)):
                        return path
                drop(path)
        return None

    @contextlib.contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Let one process at a time do what the name stands for; who waited shares the failure of who did it.

        The lock is the system's: it ends with its holder. A file system that has none is done without.

        Raises
        ------
        CompilerError
            What another process raised here while this one waited.
        """
        with contextlib.ExitStack() as stack:
            handle = None
            with contextlib.suppress(OSError):
                handle = stack.enter_context(private(_open_lock(self.store / f"{name}.lock")))
            failure = "" if handle is None else stack.enter_context(_locked(handle))
            if failure:
                raise CompilerError(failure)
            try:
                yield
            except CompilerError as error:
                if handle is not None:
                    with contextlib.suppress(OSError):
                        os.pwrite(handle, str(error).encode(errors="replace"), 0)
                raise

    @contextlib.contextmanager
    def aside(self) -> Iterator[Path]:
        """Give a private directory on the same file system, gone afterwards."""
        store = self.store
        _sweep(store)
        with brief_directory("build-", store) as directory:
            yield directory

    def publish(self, key: str, built: Path, beside: Mapping[str, str]) -> Path:
        """Move a built object into place, with texts that explain it, and return where it is."""
        home = _directory(self.store / key)
        for name, text in beside.items():
            self._write(home / name, text.encode())
        path = home / f"{seal(key, read(built))}.so"
        _move(built, path)
        return path

    def keep(self, name: str, text: str) -> str:
        """Keep C that did not compile, for somebody to look at, and say where it is."""
        try:
            home = _directory(self.store / "failed")
            self._write(home / name, text.encode())
        except OSError as error:
            return f"the C cannot be kept: {error}"
        return f"the C is kept in {home / name}"

    def recall(self, name: str) -> object:
        """Return the fact remembered under a name, or None where there is none, or none that is whole."""
        for root in self.places():
            with contextlib.suppress(OSError, ValueError, RecursionError):
                content = read(root / f"{name}.json")
                if seal(name, content[65:]).encode() == content[:64]:
                    return json.loads(content[65:])
        return None

    def remember(self, name: str, fact: object) -> None:
        """Remember a fact under its seal. A cache that cannot be written forgets it."""
        content = json.dumps(fact).encode()
        with contextlib.suppress(OSError):
            self._write(self.store / f"{name}.json", seal(name, content).encode() + b"\n" + content)

    def _write(self, path: Path, content: bytes) -> None:
        aside = _fresh("build-", self.store)
        try:
            with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
                file.write(content)
            _move(aside, path)
        except BaseException:
            with contextlib.suppress(OSError):
                aside.unlink()
            raise


def address(parts: Iterable[str]) -> str:
    """Return the key of an object made of these texts; which part holds what matters."""
    return str(sha256(json.dumps([FORMAT, *parts]).encode()).hexdigest())


def seal(name: str, content: bytes) -> str:
    """Return a hash of content and of the name that it stands under, so that neither can be another's."""
    return str(sha256(name.encode() + b"\0" + content).hexdigest())


def read(path: Path | str) -> bytes:
    """Return what a regular file holds. A link, a pipe or a folder in its place is an `OSError`, and does not hang."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(handle, "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(f"{path} is no regular file")
        return file.read()


def drop(path: Path) -> None:
    """Remove whatever stands at a path, if it can be removed."""
    if path.is_dir() and not path.is_symlink():
        import shutil

        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


@contextlib.contextmanager
def brief_directory(prefix: str, parent: Path) -> Iterator[Path]:
    """Give a private directory that is gone afterwards, also where Ctrl-C comes while it is made or removed.

    `tempfile` makes a directory before anybody can know its name, and stops removing it when it is interrupted.
    """
    path = _fresh(prefix, parent)
    try:
        path.mkdir(mode=0o700)
        yield path
    finally:
        try:
            drop(path)
        except BaseException:
            drop(path)
            raise


def _fresh(prefix: str, parent: Path) -> Path:
    """Return a name that nobody else will think of."""
    return parent / f"{prefix}{os.urandom(12).hex()}"


def _sweep(store: Path) -> None:
    """Remove what processes left that were killed while they built, a day ago or more."""
    with contextlib.suppress(OSError), os.scandir(store) as entries:
        for entry in entries:
            if entry.name.startswith("build-") and time.time() - entry.stat(follow_symlinks=False).st_mtime > _DAY:
                drop(Path(entry.path))


def _objects(home: Path) -> list[Path]:
    """Return the objects in the directory of a key; none where something else stands in its place."""
    if home.is_symlink() or not home.is_dir():
        return []
    return sorted(home.glob("*.so"))


def _directory(path: Path) -> Path:
    """Make a private directory, in the place of whatever else stands there."""
    if path.is_symlink() or not path.is_dir():
        drop(path)
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def _move(source: Path, target: Path) -> None:
    """Put a file in the place of whatever stands there."""
    try:
        os.replace(source, target)
    except IsADirectoryError:
        drop(target)
        os.replace(source, target)


def _open_lock(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        return os.open(path, flags, 0o600)
    except OSError:
        drop(path)
        return os.open(path, flags, 0o600)


@contextlib.contextmanager
def _locked(handle: int) -> Iterator[str]:
    """Hold a lock, and give what its holder wrote there while this process waited: an empty text, or a failure."""
    try:
        import fcntl
    except ImportError:  # no such locks on this system
        yield ""
        return
    failure = b""
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(handle, fcntl.LOCK_EX)
            failure = os.pread(handle, 1 << 16, 0)
        if not failure:
            os.ftruncate(handle, 0)
    except OSError:  # of a file system without locks
        yield ""
        return
    try:
        yield failure.decode(errors="replace")
    finally:
        # Said aloud: a child that was forked meanwhile may hold the file open.
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_UN)


def open_cache() -> Cache:
    """Return the user's cache, or a private temporary one, with a warning, where that cannot be trusted or written.

    Raises
    ------
    CompilerError
        Where no directory at all can be written.
    """
    chosen = os.environ.get("GRADC_CACHE_DIR")
    place = os.path.expanduser(chosen or _users_cache())
    # Where the user has no home, this would be a directory called ~ in the current one.
    if place.startswith("~") or not (chosen or os.path.isabs(place)):
        return Cache(temporary(f"{place} cannot be the cache: this user has no home"))
    return _open(os.path.abspath(place))


def _users_cache() -> str:
    if not sys.platform.startswith("linux"):
        import platformdirs

        return str(platformdirs.user_cache_dir("gradc", appauthor=False))
    # As platformdirs has it, which takes longer to load than a kernel.
    given = os.environ.get("XDG_CACHE_HOME", "").strip()
    return os.path.join(given if os.path.isabs(given) else os.path.expanduser("~/.cache"), "gradc")


def _open(place: str) -> Cache:
    root = Path(place)
    try:
        home = root / f"objects-{FORMAT}"
        root.parent.mkdir(parents=True, exist_ok=True)
        root.mkdir(mode=0o700, exist_ok=True)
        home.mkdir(mode=0o700, exist_ok=True)
        reason = distrust(home)
    except (OSError, ValueError) as error:
        reason = str(error)
    if reason:
        return Cache(temporary(f"{root} cannot be the cache: {reason}"))
    return Cache(home)


@remember
def writable(root: Path) -> Path:
    """Return the directory itself, or a temporary one, with a warning, where it cannot be written."""
    return root if os.access(root, os.W_OK | os.X_OK) else temporary(f"the cache {root} cannot be written")


def distrust(directory: Path) -> str:
    """Say why code from a directory must not be run, or return an empty text.

    Who may write to a directory on the way there could put another in place of ours, so the whole way is walked, links
    one by one. Directories in which everybody may write, but only rename their own, such as /tmp, are fine on the way.
    """
    if not hasattr(os, "geteuid"):
        return "" if directory.is_dir() else f"{directory} is not a directory"
    here, ahead, links = "/", [part for part in str(directory).split("/") if part][::-1], 0
    while True:
        status = os.lstat(here)
        reason = _distrust(here, status, last=not ahead)
        if reason:
            return reason
        if stat.S_ISLNK(status.st_mode):
            links += 1
            target = os.readlink(here)
            ahead += [part for part in target.split("/") if part][::-1]
            here = "/" if target.startswith("/") else os.path.dirname(here)
            if links > 40:
                return f"{directory} goes through too many links"
        if not ahead:
            return ""
        part = ahead.pop()
        here = os.path.dirname(here) if part == ".." else os.path.join(here, part)


def _distrust(here: str, status: os.stat_result, last: bool) -> str:
    own = os.geteuid()
    if status.st_uid != own and (last or status.st_uid != 0):
        return f"{here} belongs to another user ({status.st_uid})"
    if stat.S_ISLNK(status.st_mode):  # whose mode says nothing
        return ""
    if not stat.S_ISDIR(status.st_mode):
        return f"{here} is not a directory"
    # Many systems give each user a group of their own, and let it write; the innermost directory is ours alone.
    forbidden = 0o022 if last or status.st_gid != os.getegid() else 0o002
    if status.st_mode & forbidden and (last or not status.st_mode & stat.S_ISVTX):
        return f"others may write to {here} (mode {stat.S_IMODE(status.st_mode):o})"
    return ""


@remember
def temporary(reason: str) -> Path:
    """Return a private directory that lasts as long as the process, after a warning that says why."""
    import atexit
    import tempfile

    try:
        name = tempfile.mkdtemp(prefix="gradc-")
    except OSError as error:
        raise CompilerError(f"{reason}, and there is no other place for compiled kernels: {error}") from None
    warnings.warn(f"{reason}; compiled kernels last as long as this process", CacheWarning, stacklevel=2)
    # Only the process that made it removes it: a child that was forked inherits the exit handler.
    atexit.register(_remove, name, os.getpid())
    return Path(name)


def _remove(name: str, owner: int) -> None:
    if os.getpid() == owner:
        import shutil

        shutil.rmtree(name, ignore_errors=True)

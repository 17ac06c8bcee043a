"""The cache on disk and the finding of compilers."""

from __future__ import annotations

import json
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import gradc
from gradc.artefacts import write_artefact
from gradc.errors import CompilerError, CompilerNotFoundError
from gradc.runtime import cache as caches
from gradc.runtime import library, objects, toolchain
from gradc.runtime.arguments import Entry, Input, Output
from gradc.runtime.cache import CacheWarning, address, open_cache
from gradc.runtime.library import load

TEXT = """\
#include <stddef.h>
#include <stdint.h>
size_t twice_work(void);
int twice(double x, double *restrict y, void *restrict work);
size_t twice_work(void) { return 0; }
int twice(double x, double *restrict y, void *restrict work) { (void)work; *y = 2 * x; return 0; }
"""
TWICE = Entry("twice", "twice", (), (Input("x", "float64"),), (Output("y", "float64"),))


@pytest.fixture(autouse=True)
def place(monkeypatch, tmp_path):
    for name in ("GRADC_CC", "GRADC_CFLAGS", "GRADC_CC_TIMEOUT", "GRADC_CC_MEMORY", "CC"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GRADC_CACHE_DIR", str(tmp_path / "cache"))
    caches.writable.cache_clear()
    caches.temporary.cache_clear()
    yield tmp_path / "cache"
    caches.writable.cache_clear()
    caches.temporary.cache_clear()


def twice(**options):
    return load(TEXT, [TWICE], fast=False, **options)


def counted(monkeypatch):
    """Count what the compiler is asked to do."""
    calls = []
    run = toolchain.run

    def counting(words, *rest, **options):
        calls.append(list(words))
        return run(words, *rest, **options)

    monkeypatch.setattr(toolchain, "run", counting)
    return calls


def test_the_second_time_nothing_is_run(monkeypatch):
    assert twice().function("twice")(21) == 42
    calls = counted(monkeypatch)
    assert twice().function("twice")(21) == 42
    assert calls == []


def test_it_is_private(place):
    twice()
    for path in [place, *place.rglob("*")]:
        assert path.stat().st_mode & 0o022 == 0, path
        if path.is_dir():
            assert path.stat().st_mode & 0o077 == 0, path
    assert not list(place.rglob("build-*"))
    assert not list(place.rglob("*.pkl"))


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: b"",
        lambda content: b"garbage" * 1000,
        lambda content: content[:2000] + bytes([content[2000] ^ 1]) + content[2001:],
        lambda content: content + b"\0",
    ],
)
def test_a_damaged_object_is_built_again_and_never_loaded(monkeypatch, damage):
    made = twice()
    key, path = made.key, made.path
    content = path.read_bytes()
    path.unlink()  # the loaded one stays as it was
    path.write_bytes(damage(content))
    loaded = []
    open_library = objects._cffi_backend.load_library

    class Backend:
        RTLD_NOW = objects._cffi_backend.RTLD_NOW
        FFI = objects._cffi_backend.FFI

        @staticmethod
        def load_library(name, flags):
            loaded.append(Path(name).read_bytes())
            return open_library(name, flags)

    monkeypatch.setattr(objects, "_cffi_backend", Backend)
    calls = counted(monkeypatch)
    assert twice().function("twice")(21) == 42
    assert len(calls) == 1
    assert loaded
    assert all(caches.seal(key, content) == path.stem for content in loaded)


THRICE = TEXT.replace("2 * x", "3 * x")


def test_an_object_of_another_key_is_never_taken(place):
    ours, theirs = twice(), load(THRICE, [TWICE], fast=False)
    content = theirs.path.read_bytes()
    ours.path.unlink()
    for name in (theirs.path.name, ours.path.name):
        (ours.path.parent / name).write_bytes(content)
    again = twice()
    assert again.function("twice")(21) == 42
    assert list(again.path.parent.glob("*.so")) == [again.path]


def test_a_fact_under_another_name_is_none():
    cache = open_cache()
    cache.remember("one", 1)
    (cache.root / "one.json").rename(cache.root / "two.json")
    assert cache.recall("two") is None


def test_an_object_that_was_made_of_another_text_is_never_taken(tmp_path, monkeypatch):
    other = load(THRICE, [TWICE], fast=False).path
    fake = tmp_path / "cc"
    fake.write_text(f'#!/bin/sh\ncase "$*" in *kernel.c*) cp {other} kernel.so;; *) exec cc "$@";; esac\n')
    fake.chmod(0o755)
    monkeypatch.setenv("GRADC_CC", str(fake))
    with pytest.raises(CompilerError, match="made of another text"):
        twice()


def test_what_is_damaged_is_never_published(place, tmp_path, monkeypatch):
    spoil = tmp_path / "spoil"
    spoil.touch()
    fake = tmp_path / "cc"
    fake.write_text(
        '#!/bin/sh\ncc "$@" || exit\n'
        f'case "$*" in *kernel.c*) if [ -e {spoil} ]; then head -c 2000 kernel.so > x; mv x kernel.so; fi;; esac\n'
    )
    fake.chmod(0o755)
    monkeypatch.setenv("GRADC_CC", str(fake))
    with pytest.raises(CompilerError, match=r"cut short by \d+ bytes(?s:.*)the C is kept in"):
        twice()
    assert not list(place.rglob("*.so"))
    spoil.unlink()
    assert twice().function("twice")(21) == 42


def test_an_object_that_does_not_load_is_built_again():
    made = twice()
    content = b"whole, but no object"
    made.path.unlink()
    (made.path.parent / f"{caches.seal(made.key, content)}.so").write_bytes(content)
    assert twice().function("twice")(21) == 42
    assert twice().path == made.path
    assert [path.stem for path in made.path.parent.glob("*.so")] == [made.path.stem]


INTRUDERS = {
    "pipe": os.mkfifo,
    "folder": lambda path: (path.mkdir(), (path / "more").mkdir()),
    "link": lambda path: path.symlink_to("/dev/zero"),
    "link to nothing": lambda path: path.symlink_to("nothing"),
}


@pytest.mark.parametrize("kind", INTRUDERS)
def test_what_stands_in_the_place_of_an_entry(place, kind):
    made = twice()
    at = [path for path in place.rglob("*") if path.is_file()]
    assert {path.suffix for path in at} == {".so", ".c", ".json", ".lock"}
    for path in at:
        path.unlink()
        INTRUDERS[kind](path)
    again = twice()
    assert again.function("twice")(21) == 42
    assert again.path == made.path
    if kind == "folder":
        return
    shutil.rmtree(made.path.parent)
    INTRUDERS[kind](made.path.parent)
    assert twice().path == made.path
    assert twice().function("twice")(21) == 42


def test_what_killed_processes_left_is_removed_a_day_later(place):
    home = twice().path.parent.parent
    for name, age in (("build-old", 2 * 86400), ("build-new", 3600), ("kept", 2 * 86400)):
        (home / name).mkdir()
        (home / name / "kernel.c").write_text("")
        os.utime(home / name, (time.time() - age, time.time() - age))
    load(THRICE, [TWICE], fast=False)
    assert [(home / name).exists() for name in ("build-old", "build-new", "kept")] == [False, True, True]


def test_kernels_are_found_through_what_was_damaged(place):
    x = np.arange(3.0)
    assert gradc.compile("sum(x**2)", "x[n]", backend="c")(x) == 5.0
    for path in place.rglob("*.so"):
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content[:-1])
    assert gradc.compile("sum(x**2)", "x[n]", backend="c")(x) == 5.0


def test_those_who_wait_share_a_failure(tmp_path, monkeypatch):
    fake = tmp_path / "cc"
    fake.write_text(
        f'#!/bin/sh\ncase "$*" in *kernel.c*) echo x >> {tmp_path}/log; sleep 0.5; exit 1;; *) exec cc "$@";; esac\n'
    )
    fake.chmod(0o755)
    monkeypatch.setenv("GRADC_CC", str(fake))
    compiler = toolchain.find_compiler(open_cache())
    said = []

    def fail():
        try:
            twice(compiler=compiler)
        except CompilerError as error:
            said.append(str(error))

    threads = [threading.Thread(target=fail) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == 6
    assert all("failed with status 1" in text for text in said)
    assert len((tmp_path / "log").read_text().split()) <= 2
    # One that comes later tries for itself.
    fail()
    assert len((tmp_path / "log").read_text().split()) >= 2


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 3}', '{"version": "1", "flags": ["-x; rm"], "native": [], "link": []}']
)
def test_a_damaged_note_is_made_again(place, text):
    twice()
    for note in place.rglob("*.json"):
        note.write_text(text)
    assert twice().function("twice")(21) == 42
    assert all(json.loads(note.read_text()[65:])["version"] for note in place.rglob("compiler-*.json"))


def test_the_key_holds_all_that_matters(monkeypatch):
    paths = [twice().path]
    monkeypatch.setenv("GRADC_CFLAGS", "-O1")
    paths.append(twice().path)
    monkeypatch.setattr(library, "processor", lambda: "another")
    paths.append(twice().path)
    monkeypatch.setattr(library, "machine", lambda: ("another",))
    paths.append(twice().path)
    paths.append(load(TEXT + "/* */\n", [TWICE], fast=False).path)
    found = toolchain.find_compiler(open_cache())
    paths.append(twice(compiler=toolchain.Compiler(found.command, "another", found.flags)).path)
    assert len({path.parent for path in paths}) == len(paths)
    assert address(["a", "b"]) != address(["ab", ""])


def test_a_place_that_others_may_write_to_is_refused(place):
    place.mkdir()
    place.chmod(0o777)
    with pytest.warns(CacheWarning, match="others may write"):
        assert twice().function("twice")(21) == 42
    assert not list(place.rglob("*.so"))


def test_the_way_to_the_place_is_looked_at(tmp_path, monkeypatch):
    outer = tmp_path / "outer"
    outer.mkdir()
    (outer / "inner").mkdir(mode=0o700)
    monkeypatch.setenv("GRADC_CACHE_DIR", str(outer / "inner" / "cache"))
    for mode, refused in ((0o777, True), (0o1777, False), (0o755, False)):
        outer.chmod(mode)
        caches.temporary.cache_clear()
        if refused:
            with pytest.warns(CacheWarning, match=f"others may write to {outer}"):
                assert outer not in open_cache().root.parents
        else:
            assert outer in open_cache().root.parents


def test_links_on_the_way_are_followed_one_by_one(tmp_path, monkeypatch):
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "fine").symlink_to("real")
    monkeypatch.setenv("GRADC_CACHE_DIR", str(tmp_path / "fine"))
    assert twice().function("twice")(21) == 42
    # Through a directory where others may put another link.
    (tmp_path / "open" / "link").symlink_to("../real")
    (tmp_path / "detour").symlink_to("open/link")
    monkeypatch.setenv("GRADC_CACHE_DIR", str(tmp_path / "detour"))
    with pytest.warns(CacheWarning, match="others may write to"):
        assert twice().function("twice")(21) == 42
    (tmp_path / "round").symlink_to("round")
    monkeypatch.setenv("GRADC_CACHE_DIR", str(tmp_path / "round"))
    with pytest.warns(CacheWarning, match="cannot be the cache"):
        open_cache()


def test_a_link_of_another_user_is_refused(tmp_path, monkeypatch):
    if os.geteuid() != 0:
        pytest.skip("only root makes links of other users")
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to("real")
    os.lchown(tmp_path / "link", 12345, 12345)
    monkeypatch.setenv("GRADC_CACHE_DIR", str(tmp_path / "link"))
    with pytest.warns(CacheWarning, match="another user"):
        open_cache()


def test_no_place_at_all(place, monkeypatch):
    place.write_text("")
    monkeypatch.setattr("tempfile.mkdtemp", lambda *rest, **options: os.mkdir("/no/such/place"))
    with pytest.raises(CompilerError, match="there is no other place"):
        open_cache()
    with pytest.raises(CompilerError, match="there is no other place"):
        gradc.compile("sum(x)", "x[n]", backend="c")(np.ones(2))


def test_a_place_of_another_user_is_refused(place, monkeypatch):
    place.mkdir()
    monkeypatch.setattr(caches.os, "geteuid", lambda: os.getuid() + 1)
    with pytest.warns(CacheWarning, match="another user"):
        assert twice().function("twice")(21) == 42


def test_a_place_that_is_a_file_is_no_place(place):
    place.write_text("")
    with pytest.warns(CacheWarning, match="cannot be the cache"):
        assert twice().function("twice")(21) == 42


def test_a_read_only_cache_is_still_read(place, monkeypatch):
    path = twice().path
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, *rest: place not in Path(path).parents and access(path, *rest))
    assert twice().path == path
    caches.writable.cache_clear()
    with pytest.warns(CacheWarning, match="cannot be written"):
        other = load(TEXT + "/* new */\n", [TWICE], fast=False)
    assert place not in other.path.parents
    assert other.function("twice")(21) == 42
    assert other.path == load(TEXT + "/* new */\n", [TWICE], fast=False).path


def test_a_temporary_cache_goes_with_its_process(tmp_path):
    program = (
        "import os, warnings; warnings.simplefilter('ignore')\n"
        "from gradc.runtime.cache import open_cache\n"
        "root = open_cache().root\n"
        "if os.fork() == 0: raise SystemExit\n"
        "os.wait(); assert root.is_dir(); print(root)\n"
    )
    environment = {**os.environ, "GRADC_CACHE_DIR": "/dev/null", "PYTHONPATH": str(Path(gradc.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert not Path(done.stdout.strip()).exists()


def test_an_umask_of_nothing_still_gives_a_private_place(place):
    before = os.umask(0)
    try:
        assert twice().function("twice")(21) == 42
    finally:
        os.umask(before)
    assert place.stat().st_mode & 0o777 == 0o700


def test_the_default_place_is_the_users(monkeypatch, tmp_path):
    monkeypatch.delenv("GRADC_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    if sys.platform == "linux":
        assert open_cache().root.parent == tmp_path / "xdg" / "gradc"


# Compilers


def test_the_compiler_that_the_environment_names(tmp_path, monkeypatch):
    fake = tmp_path / "my cc"
    fake.write_text('#!/bin/sh\necho "$*" >> "$(dirname "$0")/log"\nexec cc "$@"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("GRADC_CC", f"'{fake}' -DONE='a b'")
    monkeypatch.setenv("GRADC_CFLAGS", "-DTWO '-DTHREE=$(touch x)'")
    assert twice().function("twice")(21) == 42
    last = (tmp_path / "log").read_text().splitlines()[-1]
    assert last.startswith("-DONE=a b -std=c99 -O3")
    assert last.endswith("-DTWO -DTHREE=$(touch x) kernel.c -o kernel.so -lm")
    assert not Path("x").exists()


def test_cc_is_asked_before_the_usual_names(monkeypatch):
    monkeypatch.setenv("CC", "env cc")
    assert next(Path(words[0]).name for words in toolchain.candidates()) == "env"


def test_flags_that_a_compiler_lacks_are_left_out(tmp_path, monkeypatch):
    fake = tmp_path / "cc"
    fake.write_text('#!/bin/sh\ncase "$*" in *march*|*fopenmp*|*Bsymbolic*) exit 1;; esac\nexec cc "$@"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("GRADC_CC", str(fake))
    found = toolchain.find_compiler(open_cache())
    assert found.native == ()
    assert found.link == ()
    assert "-fopenmp-simd" not in found.flags
    assert "-O3" in found.flags
    assert twice().function("twice")(21) == 42


def test_a_replaced_compiler_is_probed_again(tmp_path, monkeypatch):
    fake = tmp_path / "cc"
    for version in ("one", "number two"):
        fake.write_text(f'#!/bin/sh\ncase "$*" in *--version*) echo {version};; *) exec cc "$@";; esac\n')
        fake.chmod(0o755)
        monkeypatch.setenv("GRADC_CC", str(fake))
        assert toolchain.find_compiler(open_cache()).version == version


def test_a_broken_compiler_is_passed_over(tmp_path, monkeypatch):
    fake = tmp_path / "cc"
    fake.write_text("#!/bin/sh\necho broken >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("CC", str(fake))
    assert toolchain.find_compiler(open_cache()).command[0] != str(fake)
    monkeypatch.setenv("GRADC_CC", str(fake))
    with pytest.raises(CompilerError, match="broken"):
        toolchain.find_compiler(open_cache())


@pytest.mark.parametrize(
    ("name", "text", "kind", "said"),
    [
        ("GRADC_CC", "'unclosed", CompilerNotFoundError, "GRADC_CC cannot be split"),
        ("GRADC_CC", "/no/such/thing", CompilerNotFoundError, "GRADC_CC names '/no/such/thing'"),
        ("GRADC_CFLAGS", "'unclosed", CompilerError, "GRADC_CFLAGS cannot be split"),
        (
            "GRADC_CFLAGS",
            "-O2 -ffast-math",
            CompilerError,
            r"cc -O2 -ffast-math does not compute what C says.*NaN, infinity",
        ),
        ("GRADC_CC_TIMEOUT", "soon", CompilerError, "'soon', not a positive number"),
        ("GRADC_CC_TIMEOUT", "-1", CompilerError, "not a positive number"),
        ("GRADC_CC_TIMEOUT", "nan", CompilerError, "not a positive number"),
        ("GRADC_CC_MEMORY", "much", CompilerError, "'much', not a positive number of GiB"),
        ("GRADC_CC_MEMORY", "0", CompilerError, "not a positive number of GiB"),
    ],
)
def test_settings_that_make_no_sense(monkeypatch, name, text, kind, said):
    monkeypatch.setenv(name, text)
    with pytest.raises(kind, match=said):
        twice()


def test_no_fast_math_ever():
    found = toolchain.find_compiler(open_cache())
    assert not {*found.kernel_flags} & {"-ffast-math", "-Ofast"}
    text = TEXT.replace("*y = 2 * x", "*y = x != x ? 1.0 : x - x")
    nan = load(text, [TWICE], fast=False).function("twice")
    assert nan(float("nan")) == 1.0
    assert np.isnan(nan(float("inf")))


FAST = [
    "-ffast-math",
    "-Ofast",
    "-funsafe-math-optimizations",
    "-ffinite-math-only",
    "-fno-signed-zeros",
    "-fno-signed-zeros -fassociative-math",
    "-freciprocal-math",
    "-fsingle-precision-constant",
    "-ffinite-math-only -fno-signed-zeros -fassociative-math -freciprocal-math",
]


@pytest.mark.parametrize("flags", FAST)
def test_a_compiler_is_judged_by_what_it_computes(monkeypatch, place_of_probes, flags):
    monkeypatch.setenv("GRADC_CFLAGS", flags)
    with pytest.raises(CompilerError, match="does not compute what C says"):
        toolchain.find_compiler(place_of_probes)


@pytest.fixture(scope="module")
def place_of_probes(tmp_path_factory):
    """A cache that knows the compiler already."""
    return caches.Cache(tmp_path_factory.mktemp("probes"))


def test_flags_that_change_no_meaning_are_taken_and_tried_once(monkeypatch, place_of_probes):
    toolchain.find_compiler(place_of_probes)
    calls = counted(monkeypatch)
    for number, flags in enumerate(("-O1", "-ffast-math -fno-fast-math", "-frounding-math -shared"), 1):
        monkeypatch.setenv("GRADC_CFLAGS", flags)
        for _ in range(2):
            toolchain.find_compiler(place_of_probes)
        assert len(calls) == 2 * number  # building, and running what was built


def test_fast_math_in_the_command(monkeypatch):
    command = shlex.join(toolchain.find_compiler(open_cache()).command)
    monkeypatch.setenv("GRADC_CC", f"{command} -ffast-math")
    with pytest.raises(CompilerError, match=r"-ffast-math does not compute what C says.*NaN"):
        twice()
    assert sys.float_info.min / 2 > 0, "the arithmetic of this process was changed"


def test_fast_math_in_a_file(monkeypatch, tmp_path):
    flags = tmp_path / "flags"
    flags.write_text("-O1 '-DA=a b'\n")
    monkeypatch.setenv("GRADC_CFLAGS", f"@{flags}")
    assert toolchain.extra_flags() == ("-O1", "-DA=a b")
    first = twice().path
    flags.write_text("-ffast-math\n")
    with pytest.raises(CompilerError, match="does not compute what C says"):
        twice()
    flags.write_text("-O2\n")
    assert twice().path != first
    flags.write_text(f"@{flags}")
    with pytest.raises(CompilerError, match="names itself again"):
        twice()
    flags.unlink()
    with pytest.raises(CompilerError, match="cannot be read"):
        twice()


def test_a_file_that_flags_name_is_part_of_the_key(monkeypatch, tmp_path):
    header = tmp_path / "header.h"
    paths = []
    for text in ("/* one */\n", "/* two */\n"):
        header.write_text(text)
        monkeypatch.setenv("GRADC_CFLAGS", f"-include {header}")
        paths.append(twice().path)
    assert paths[0] != paths[1]
    monkeypatch.delenv("GRADC_CFLAGS")
    if "-fdisable-tree-sincos" in toolchain.find_compiler(open_cache()).flags:  # gcc
        monkeypatch.setenv("GRADC_CFLAGS", f"-include {header}")
        header.write_text('#pragma GCC optimize("finite-math-only")\n')
        with pytest.raises(CompilerError, match="does not compute what C says"):
            twice()


def test_an_artefact_goes_through_the_same_check(monkeypatch, tmp_path):
    monkeypatch.setenv("GRADC_CFLAGS", "-ffinite-math-only")
    kernel = gradc.compile("sum(x**2)", "x[n]", name="shipped")
    with pytest.raises(CompilerError, match="does not compute what C says"):
        write_artefact(kernel, tmp_path / "out")


def test_loops_with_sine_cosine_and_a_select_are_vectorised(tmp_path):
    compiler = toolchain.find_compiler(open_cache())
    if "-fdisable-tree-sincos" not in compiler.flags or platform.libc_ver()[0] != "glibc":
        pytest.skip("sine and cosine are vectorised by gcc with glibc")
    k = gradc.compile("sum(sin(x) * where(x > 0, exp(-x), 1 + x**2))", "x[n]")
    assert "cos(" in k.c_source
    (tmp_path / "kernel.c").write_text(k.c_source.replace(f'#include "{k.name}.h"', ""))
    (tmp_path / f"{k.name}.h").write_text(k.header)
    words = [*compiler.command, *compiler.flags, *compiler.native, "-S", "kernel.c", "-o", "kernel.s"]
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
    assembly = (tmp_path / "kernel.s").read_text()
    assert re.search(r"_ZGV\w+_sin", assembly)
    assert re.search(r"_ZGV\w+_cos", assembly)


def test_clang_if_it_is_there(monkeypatch):
    import shutil

    if shutil.which("clang") is None:
        pytest.skip("no clang")
    monkeypatch.setenv("GRADC_CC", "clang")
    assert twice().function("twice")(21) == 42
    assert "-fdisable-tree-sincos" not in toolchain.find_compiler(open_cache()).flags

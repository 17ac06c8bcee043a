"""The cache on disk and the finding of compilers."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import gradc
from gradc.errors import CompilerError, CompilerNotFoundError
from gradc.runtime import cache as caches
from gradc.runtime import library, toolchain
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
    path = twice().path
    content = path.read_bytes()
    path.unlink()  # the loaded one stays as it was
    path.write_bytes(damage(content))
    loaded = []
    open_library = library._cffi_backend.load_library

    class Backend:
        RTLD_NOW = library._cffi_backend.RTLD_NOW
        FFI = library._cffi_backend.FFI

        @staticmethod
        def load_library(name, flags):
            loaded.append(Path(name).read_bytes())
            return open_library(name, flags)

    monkeypatch.setattr(library, "_cffi_backend", Backend)
    calls = counted(monkeypatch)
    assert twice().function("twice")(21) == 42
    assert len(calls) == 1
    assert all(caches.sha256(content).hexdigest() == path.stem for content in loaded)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 3}', '{"version": "1", "flags": ["-x; rm"], "native": [], "link": []}']
)
def test_a_damaged_note_is_made_again(place, text):
    twice()
    for note in place.rglob("*.json"):
        note.write_text(text)
    assert twice().function("twice")(21) == 42
    assert all(json.loads(note.read_text())["version"] for note in place.rglob("compiler-*.json"))


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
        ("GRADC_CFLAGS", "-O2 -ffast-math", CompilerError, "-ffast-math, which breaks NaN"),
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

"""Processes that compile at once, are killed, interrupted, out of space, out of homes, and beside broken compilers.

One process imports gradc and forks a child for each trial, so that a trial takes as long as what it tries. The suite
does each a few times, and `make soak` as often as docs/reliability.md says.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from hardship import damages, few_or_many, left_behind, say

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")

# Imports all that a compilation needs, compiles nothing, and then runs what a test appends.
ZYGOTE = """
import gc, json, os, random, resource, shutil, signal, sys, threading, time, traceback, warnings
from pathlib import Path
import numpy as np
import gradc
import gradc.pipeline, gradc.units, gradc.making, gradc.entry_points, gradc.runtime.library, concurrent.futures
warnings.simplefilter("error")
X = np.array([1.0, 2.0])

def right(number=0, backend="c"):
    k = gradc.compile(f"sum(exp(x) * x) + {number}", "x[n]", backend=backend)
    value, grad = k.value_and_grad(X)
    np.testing.assert_allclose(value, np.sum(np.exp(X) * X) + number, rtol=1e-14)
    np.testing.assert_allclose(grad, np.exp(X) * (X + 1), rtol=1e-14)
    return k

right(backend="interpret")

def child(work, *args):
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    number = os.fork()
    if number:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        return number
    status = 1
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        work(*args)
        status = 0
    except KeyboardInterrupt:
        status = 130
    except BaseException:
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(status)

def end_of(number):
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])

def debris(*places):
    return [str(path) for place in places for path in Path(place).rglob("*")
            if path.name.startswith(("build-", "gradc-", ".gradc-"))]
"""


def run(tmp_path: Path, text: str, *words: str, before: Sequence[str] = (), **variables: str) -> Any:
    """Run the zygote with a text, behind some words, and give what it says, as JSON. It must leave no process."""
    mark = f"GRADC_TEST_MARK={tmp_path}"
    (tmp_path / "tmp").mkdir(exist_ok=True)
    environment = {
        **{
            name: value for name, value in os.environ.items() if not name.startswith(("GRADC_CC", "GRADC_CFLAGS", "CC"))
        },
        "GRADC_CACHE_DIR": str(tmp_path / "cache"),
        "GRADC_TEST_MARK": str(tmp_path),
        "TMPDIR": str(tmp_path / "tmp"),
        "GRADC_VERIFY": "",
        **variables,
    }
    words = (*before, sys.executable, "-c", ZYGOTE + textwrap.dedent(text), *words)
    done = subprocess.run(words, env=environment, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    assert not left_behind(mark), "processes were left behind"
    assert done.stderr == ""
    return json.loads(done.stdout)


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return shlex.quote(str(path))


@pytest.mark.soak
def test_cold_starts_at_once(tmp_path):
    """Processes and threads that find an empty cache: none fails, and a key is compiled twice at most."""
    program = ZYGOTE + textwrap.dedent("""
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(right, [0, 1, 0, 1]))
        """)
    groups = [8] * few_or_many(1, 5) + [16, 32, 64] * few_or_many(0, 8) + [64] * few_or_many(0, 2)
    most = 0
    for number, size in enumerate(groups):
        place = tmp_path / str(number)
        place.mkdir()
        log = place / "log"
        environment = {
            **os.environ,
            "GRADC_CACHE_DIR": str(place / "cache"),
            "GRADC_CC": script(
                place / "cc", f'sha256sum kernel.c accelerator.c team.c 2>/dev/null >> {log}\nexec cc "$@"'
            ),
        }
        running = [
            subprocess.Popen([sys.executable, "-c", program], env=environment, stderr=subprocess.PIPE)
            for _ in range(size)
        ]
        said = [process.communicate(timeout=600)[1] for process in running]
        failed = [text[-2000:].decode() for process, text in zip(running, said, strict=True) if process.returncode]
        assert not failed, (len(failed), failed[0])
        assert not list((place / "cache").rglob("build-*"))
        compiled = log.read_text().splitlines()
        assert len(set(compiled)) >= 4  # two kernels, the extension, the team
        most = max(most, *map(compiled.count, compiled))
        shutil.rmtree(place)
    assert most <= 2
    say(f"{sum(groups)} cold starts in {len(groups)} groups: 0 failed, at most {most} compilation(s) of a key")


INTERRUPTIONS = """
how, count = getattr(signal, sys.argv[1]), int(sys.argv[2])
cache, temporary = Path(os.environ["GRADC_CACHE_DIR"]), Path(os.environ["TMPDIR"])
signal.signal(signal.SIGINT, signal.default_int_handler)
draw = random.Random(0)
begin = time.monotonic(); assert end_of(child(right, 10**6)) == 0; cold = time.monotonic() - begin
begin = time.monotonic(); assert end_of(child(right, 10**6 + 1)) == 0; warm = time.monotonic() - begin
ends, left = {}, []
for trial in range(count):
    if trial % 4 == 0:
        # What a compiler is, the extension and the team are found anew, too.
        shutil.rmtree(cache)
    victim = child(right, trial)
    time.sleep(draw.random() * (cold if trial % 4 == 0 else warm) * 1.1)
    os.kill(victim, how)
    end = end_of(victim)
    ends[str(end)] = ends.get(str(end), 0) + 1
    left += debris(cache, temporary)
    saved = child(right, trial)
    assert end_of(saved) == 0, trial
print(json.dumps([ends, left]))
"""


@pytest.mark.soak
def test_a_compilation_that_is_killed_needs_no_cleaning(tmp_path):
    ends, _ = run(tmp_path, INTERRUPTIONS, "SIGKILL", str(few_or_many(8, 200)))
    assert set(ends) <= {"-9", "0"}
    say(f"SIGKILL at {sum(ends.values())} instants ({ends.get('-9', 0)} before the end): all recovered")


@pytest.mark.soak
def test_a_compilation_that_is_interrupted_leaves_nothing(tmp_path):
    ends, left = run(tmp_path, INTERRUPTIONS, "SIGINT", str(few_or_many(8, 200)))
    assert left == []
    assert set(ends) <= {"130", "0"}
    say(f"Ctrl-C at {sum(ends.values())} instants ({ends.get('130', 0)} before the end): nothing left, all recovered")


# Each line that the test gives is a damage; says for each what was wrong, or an empty text.
CORRUPTIONS = """
from gradc.runtime.cache import seal
cache = Path(os.environ["GRADC_CACHE_DIR"], "objects-2")

def look():
    right(0)
    # What this process has of the cache was there under the hash of its key and content.
    for line in Path("/proc/self/maps").read_text().splitlines():
        path = line.partition("/")[2]
        if str(cache)[1:] in path:
            loaded = Path("/" + path)
            assert loaded.stem == seal(loaded.parent.name, loaded.read_bytes()), path

assert end_of(child(look)) == 0
kept = {path: path.read_bytes() for path in cache.rglob("*") if path.is_file()}
print(json.dumps([str(path) for path in kept]), flush=True)
for line in sys.stdin:
    spoiled = {Path(path): bytes.fromhex(content) for path, content in json.loads(line).items()}
    for path, content in spoiled.items():
        path.unlink()
        path.write_bytes(content)
    end = end_of(child(look))
    # What is read is as it was. Nothing reads the C beside an object, nor a lock that nobody holds.
    wrong = [path for path in kept if path.suffix not in (".c", ".lock") and path.read_bytes() != kept[path]]
    more = [path for path in cache.rglob("*.so") if path not in kept]
    print(json.dumps("" if not (end or wrong or more) else f"{end} {wrong} {more}"), flush=True)
    for path in spoiled:
        path.write_bytes(kept[path])
"""


@pytest.mark.soak
def test_every_damage_to_the_cache_is_mended_and_none_is_loaded(tmp_path):
    environment = {**os.environ, "GRADC_CACHE_DIR": str(tmp_path / "cache"), "GRADC_VERIFY": ""}
    words = [sys.executable, "-c", ZYGOTE + CORRUPTIONS]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        files = [Path(name) for name in json.loads(process.stdout.readline())]
        # Three objects with their C and their locks; what the compiler is, the source's facts, the kernel's record.
        kinds = sorted(path.suffix for path in files)
        assert [kinds.count(kind) for kind in (".so", ".c", ".json")] == [3, 4, 3]
        tried = [[damage] for damage in damages(files, few_or_many(20, 300))]
        tried += [[one for one in damages(files, 500, seed) if one.kind == "flip"] for seed in range(2)]
        for number, together in enumerate(tried):
            contents = {str(damage.path): damage.content.hex() for damage in together}
            process.stdin.write(json.dumps(contents) + "\n")
            process.stdin.flush()
            said = json.loads(process.stdout.readline())
            assert said == "", (number, [(one.path.name, one.kind) for one in together], said)
        process.stdin.close()
        assert process.stderr.read() == ""
    say(f"{len(tried)} damages to the cache: all mended, none loaded")


SPACE = """
import subprocess
cache = Path(os.environ["GRADC_CACHE_DIR"])

def answer(number, limit=None):
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        right(number, "auto")
    said = " ".join(str(one.message) for one in seen)
    assert len(seen) <= 2, said
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            right(number, "c")
    except gradc.CompilerError:
        assert "interpreted" in said, said
    else:
        assert "interpreted" not in said, said
"""
FULL = """
sizes = json.loads(sys.argv[1])
for trial, free in enumerate(sizes):
    for path in cache.iterdir():
        shutil.rmtree(path) if trial % 2 else None
    left = os.statvfs(cache).f_bavail * os.statvfs(cache).f_bsize
    (cache / "filler").write_bytes(bytes(max(0, left - free)))
    assert end_of(child(answer, trial)) == 0, free
    (cache / "filler").unlink()
    assert end_of(child(right, trial)) == 0, free
print(json.dumps(len(sizes)))
"""
QUOTA = """
sizes = json.loads(sys.argv[1])
for trial, size in enumerate(sizes):
    if trial % 2:
        shutil.rmtree(cache)
    assert end_of(child(answer, trial, size)) == 0, size
    assert end_of(child(right, trial)) == 0, size
print(json.dumps(len(sizes)))
"""


@pytest.mark.soak
def test_files_that_may_not_grow(tmp_path):
    """As with a quota: the answer is right, there is a warning, and all is well once there is room."""
    sizes = [0, 1000, 5000, 20_000, 60_000] + [3000 * k for k in range(few_or_many(0, 40))]
    assert run(tmp_path, SPACE + QUOTA, json.dumps(sizes)) == len(sizes)


@pytest.mark.soak
def test_a_disk_that_is_full_indeed(tmp_path):
    mount = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs -o size=1m,mode=700 none "$0" && exec "$@"']
    (tmp_path / "cache").mkdir(mode=0o700)
    if subprocess.run([*mount, str(tmp_path / "cache"), "true"], capture_output=True, check=False).returncode:
        pytest.skip("only root mounts a small disk")
    sizes = [0, 4096, 50_000, 100_000] + [8192 * k for k in range(few_or_many(0, 30))]
    assert run(tmp_path, SPACE + FULL, json.dumps(sizes), before=[*mount, str(tmp_path / "cache")]) == len(sizes)


HOMES = """
how = sys.argv[1]
if how == "of nobody":
    right(2)  # all is imported that this user may not read
    os.setgid(54321)
    os.setuid(54321)
os.environ["GRADC_CACHE_DIR"] = ""
before = set(os.listdir("."))
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    right(3)
assert set(os.listdir(".")) == before, os.listdir(".")
print(json.dumps([str(one.message) for one in seen]))
"""


@pytest.mark.parametrize("how", ["of nobody", "no directory", "read-only", "relative"])
def test_homes_that_hold_no_cache(tmp_path, how):
    """A missing or read-only home: the kernel is compiled for this process, with a warning, and nothing is written."""
    variables = {"XDG_CACHE_HOME": "", "HOME": "/proc/nowhere"}
    before = []
    if how == "of nobody":
        if os.geteuid() != 0:
            pytest.skip("only root becomes a user without an entry")
        before = ["env", "-u", "HOME"]
        variables["TMPDIR"] = "/tmp"
        (tmp_path / "tmp").mkdir()
        (tmp_path / "tmp").chmod(0o1777)
        for place in (tmp_path, *tmp_path.parents[:2]):
            place.chmod(place.stat().st_mode | 0o055)
        tmp_path.chmod(0o1777)
    elif how == "read-only":
        home = tmp_path / "home"
        home.mkdir()
        variables["HOME"] = str(home)
        if os.geteuid() == 0:
            before = [
                "unshare",
                "-m",
                "sh",
                "-c",
                'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"',
            ]
            before += [str(home)]
            if subprocess.run([*before, "true"], capture_output=True, check=False).returncode:
                pytest.skip("root may write everywhere")
        home.chmod(0o500)
    elif how == "relative":
        variables["HOME"] = "nowhere"
    said = run(tmp_path, HOMES, how, before=before, **variables)
    assert len(said) == 1
    assert "cannot be the cache" in said[0]


# What a compiler may do, as a shell's text: at once, or once it worked.
COMPILERS = {
    "missing": 'rm -f "$0"; exit 127',
    "failing": "echo no >&2; exit 1",
    "crashing": "kill -SEGV $$",
    "stopped": "kill -STOP $$",
    "stopping all": "kill -STOP 0",
    "killing its group": "kill -KILL 0",
    "printing bytes": "head -c 100000 /dev/urandom; exit 1",
    "printing no text": "printf '\\377\\376\\303(\\000\\033[31m' >&2; exit 1",
    "printing megabytes": "head -c 20000000 /dev/zero | tr '\\000' x; exit 1",
    "printing megabytes and well": "head -c 20000000 /dev/urandom",
    "printing for ever": "while :; do echo rubbish; done",
    "giving nothing": "exit 0",
    "giving rubbish": "head -c 5000 /dev/urandom > kernel.so",
    "giving a folder": "mkdir kernel.so",
    "giving a pipe": "mkfifo kernel.so",
    "giving a device": "ln -s /dev/zero kernel.so",
    "giving half": 'cc "$@"; head -c 3000 kernel.so > x; mv x kernel.so',
    "hanging": "sleep 600",
    "hanging with a grandchild": "sh -c 'sleep 600 & wait' & wait",
    "hanging deaf": "trap '' TERM INT HUP; while :; do sleep 1; done",
    "leaving a grandchild": "sleep 600 & exit 1",
    "leaving a grandchild, and well": 'sleep 600 & exec cc "$@"',  # which is fine
    "reading": "cat; exit 1",
    "removing where it is": 'rm -f ./kernel.c; rmdir "$PWD"; exit 1',
}
BROKEN = """
sys.path.insert(0, sys.argv[1])
from hardship import left_behind
ways, wait = json.loads(sys.argv[2]), float(sys.argv[3])
home = Path(os.environ["GRADC_CACHE_DIR"]).parent
cc = home / "cc"
text = '#!/bin/sh\\ncase "$*" in $WHICH) eval "$HOW";; *) exec cc "$@";; esac\\n'

def write():
    cc.write_text(text)
    cc.chmod(0o755)

def answer(number):
    begin = time.monotonic()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        right(number, "auto")
    (home / "said").write_text(json.dumps([time.monotonic() - begin, [str(one.message) for one in seen]]))

found = []
for number, (name, at_once, how) in enumerate(ways):
    if not cc.exists():
        write()
    os.environ["GRADC_CC"] = str(cc)
    # What it is was found out while it worked, or is to be found out.
    os.environ["GRADC_CACHE_DIR"] = str(home / "known" if not at_once else home / str(number))
    os.environ.update(WHICH="nothing", HOW="", GRADC_CC_TIMEOUT="60", GRADC_TEST_WAY="known")
    if not at_once:
        from gradc.runtime.toolchain import find_compiler
        from gradc.runtime.cache import open_cache
        find_compiler(open_cache())
    hangs = any(word in name for word in ("hanging", "stop", "for ever"))
    os.environ.update(WHICH="*" if at_once else "*kernel.c*", HOW=how, GRADC_TEST_WAY=f"{home}/{number}.")
    os.environ["GRADC_CC_TIMEOUT"] = str(wait) if hangs else "60"
    assert end_of(child(answer, number)) == 0, name
    took, said = json.loads((home / "said").read_text())
    shutil.rmtree(home / "known" / "objects-2" / "failed", ignore_errors=True)
    left = debris(os.environ["TMPDIR"], os.environ["GRADC_CACHE_DIR"])
    found.append([name, at_once, took - wait * hangs, said, left + left_behind(f"GRADC_TEST_WAY={home}/{number}.")])
print(json.dumps(found))
"""
WAIT = 0.7


@pytest.mark.soak
def test_compilers_of_all_kinds(tmp_path):
    """The interpreter answers rightly, within the time, after one warning; no process stays, and no temporary file."""
    ways = [(name, at_once, how) for name, how in COMPILERS.items() for at_once in (True, False)]
    ways = [way for number, way in enumerate(ways) if few_or_many(0, 1) or number % 4 in (0, 3)]
    found = run(
        tmp_path, BROKEN, str(Path(__file__).parent), json.dumps(ways), str(WAIT), GRADC_CACHE_DIR=f"{tmp_path}/c"
    )
    assert len(found) == len(ways)
    for name, at_once, took, said, left in found:
        assert took < 10, (name, at_once, took)
        assert left == [], (name, at_once, left)
        if name == "leaving a grandchild, and well":
            assert said == []
            continue
        assert len(said) == 1, (name, at_once, said)
        assert "interpreted with NumPy" in said[0], (name, at_once, said)
        assert len(said[0]) < 20_000, (name, at_once, len(said[0]))
        assert all(c.isprintable() or c in "\n\t" for c in said[0]), (name, at_once)
    say(f"{len(found)} broken compilers: all answered, at most {max(one[2] for one in found):.1f} s over, none left")


FOREIGN = """
import gradc.making, gradc.programs
import gradc.runtime.accelerator, gradc.runtime.native, gradc.runtime.recall
cache = Path(os.environ["GRADC_CACHE_DIR"])

def elsewhere(name, found):
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("gradc") and hasattr(module, name):
            setattr(module, name, lambda: found)
    right(0)

def here():
    before = {str(path) for path in cache.rglob("*.so")}
    right(0)
    mapped = {line.partition("/")[2] for line in Path("/proc/self/maps").read_text().splitlines()}
    taken = [path for path in before if path[1:] in mapped]
    assert not taken, taken

def wrong(version):
    # A gradc that reads something else, and leaves its records.
    elsewhere_read = gradc.programs.read
    gradc.programs.read = lambda source, signature: elsewhere_read("sum(x)", signature)
    if version:
        gradc.making.of_package = lambda: version
    assert gradc.compile("sum(exp(x) * x) + 9", "x[n]", backend="c").value_and_grad(X)[0] == 3.0

assert end_of(child(elsewhere, "processor", "another processor")) == 0
assert end_of(child(elsewhere, "machine", ("another system",))) == 0
assert end_of(child(here)) == 0
assert end_of(child(wrong, "another version")) == 0
assert end_of(child(right, 9)) == 0
shutil.rmtree(cache)
assert end_of(child(wrong, "")) == 0
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
print(json.dumps(end_of(child(right, 9))))
"""


def test_a_cache_of_another_machine_or_version_is_not_taken(tmp_path):
    """Nothing that another processor or system made is loaded; what another gradc wrote down is not believed."""
    assert run(tmp_path, FOREIGN) == 1  # what this gradc wrote down is believed, or nothing was tried here


ODD = "a b; touch $(x) `x` 'q' \"r\" -o %s é\n"
NAMES = """
from gradc.artefacts import write_artefact
warnings.filterwarnings("ignore", category=EncodingWarning)
warnings.filterwarnings("error", category=EncodingWarning, module="gradc")
how, odd = sys.argv[1:]
before = set(os.listdir("."))
if how == "no text":
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        right(3, "auto")
    assert len(seen) == 1 and "interpreted with NumPy" in str(seen[0].message), seen
else:
    gradc.compile("sum(\\u03bb**2)", "\\u03bb[n]", name="\\u00e9", backend="c")(X)
    k = right(3)
if how == "build":
    write_artefact(k, Path("out " + odd))
    sys.path.insert(0, "out " + odd)
    import loss
    assert loss.value_and_grad(X)[0] == k.value_and_grad(X)[0]
more = set(os.listdir(".")) - before - {"out " + odd, "cache " + odd}
print(json.dumps(sorted(more)))
"""


@pytest.mark.parametrize(
    ("locale", "letter", "how"),
    [("C", "e", ""), ("C.UTF-8", "é", "build"), ("tr_TR.UTF-8", "e", ""), ("C.UTF-8", "\udcff", "no text")],
)
def test_locales_and_names_of_all_kinds(tmp_path, locale, letter, how):
    """Paths, commands and flags with spaces, quotes and line ends, in any locale, are words, and no text of a shell."""
    odd = ODD.replace("é", letter)
    home = tmp_path / odd
    home.mkdir()
    cc = script(home / f"cc {odd}", 'exec cc "$@"')
    variables = {
        "GRADC_CACHE_DIR": str(home / f"cache {odd}"),
        "GRADC_CC": f"{cc} -DONE='a b;$(touch x)'",
        "GRADC_CFLAGS": "-O1 '-DTWO=\"`touch x`\"' -DTHREE=\\'",
        "LC_ALL": locale,
        "LANG": locale,
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONWARNDEFAULTENCODING": "1",
    }
    assert run(home, NAMES, how, odd, **variables) == []
    assert os.listdir(tmp_path) == [odd]


SUB = """
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
said = []
for isolated in (True, False):
    try:
        result = interpreters.run_string(interpreters.create(), "import gradc")
    except Exception as error:
        result = error
    said.append(str(result))
print(json.dumps(said))
"""


def test_sub_interpreters_are_refused(tmp_path):
    for said in run(tmp_path, SUB):
        assert "LoadError" in said
        assert "in a sub-interpreter: load it in the main one" in said

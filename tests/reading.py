"""Hostile texts in every place that takes a text, read under an audit hook, which sees what Python is asked to do.

    python tests/reading.py 1 50      # all of them, and the C of 50 is compiled, too; prints a summary as JSON

Each text holds a word that nothing else holds, so what reaches the interpreter, the system or the C is found by it.
"""

from __future__ import annotations

import json
import marshal
import os
import pickle
import re
import subprocess
import sys
import tempfile
import types
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import sympy

import gradc
from gradc.frontends.formula import parse_program
from gradc.runtime.arguments import check_identifier
from gradc.runtime.artefact import check_name

MARK = "zqzq"
PAYLOADS = [
    *('"; system("touch zqzq"); //', "*/ int zqzq; /*", "*/ zqzq", "/* zqzq", "// zqzq", "zqzq */ #define n zqzq"),
    *("??/\nzqzq", "??=include zqzq", "%:include <zqzq>", "<%zqzq%>", "zqzq\\\nint", "zqzq\\", "zqzq??/"),
    *("\u202ezqzq", "\u2066zqzq\u2069", "zqzq\u200b", "\ufeffzqzq", "zqzq\u2028x", "\u00adzqzq", "zqzq\x00"),
    *("\x1b[31mzqzq", "await zqzq", "zqzq" * 5000),
    *("{{zqzq}}", "{{ zqzq.__class__ }}", "{% include 'zqzq' %}", "{# zqzq #}", "%s zqzq %n", "{zqzq}", "${zqzq}"),
    *("$(zqzq)", "`zqzq`", "; zqzq", "| zqzq", "&& zqzq", "../zqzq", "/zqzq", "C:\\zqzq", "-ozqzq", "@zqzq", "~zqzq"),
    *("#include <zqzq>", "#define zqzq 1", "_Pragma('zqzq')", "#pragma GCC poison zqzq", "__attribute__((zqzq))"),
    *("asm('zqzq')", "__import__('zqzq')", "zqzq.__class__", "eval('zqzq')", "exec('zqzq')", "open('zqzq')"),
    *("compile('zqzq','','exec')", "globals()['zqzq']", "getattr(x, 'zqzq')", "np.load('zqzq')", "np.lib.zqzq"),
    *("lambda: zqzq", "[zqzq for zqzq in x]", "f'{zqzq}'", "(zqzq := 1)", "import zqzq", "x; import zqzq"),
    *("cos\nsystem\n(S'zqzq'\ntR.", "b'zqzq'", "'zqzq'", '"""zqzq', "!!python/object:zqzq", "zqzq\r\nx", "\tzqzq"),
    *("zqzq", "_zqzq", "zqzq\u03bb", "\U0001d533zqzq", "\ufb01zqzq", "zqzq_double", "__zqzq__", "None.zqzq"),
    *("(" * 3000 + "zqzq", "zqzq" + "+zqzq" * 2000, "-" * 3000 + "zqzq", "zqzq[" * 500, "9" * 5000 + "zqzq", "zqzq=1"),
]  # fmt: skip


def function(**changes: Any) -> Any:
    """A function of NumPy code, with some of what its code says put in the place of the true."""

    def loss(x: Any) -> Any:
        text = "a text of its own"
        return np.sum(x**2) if text else x

    consts = tuple(changes.pop("text", c) if c == "a text of its own" else c for c in loss.__code__.co_consts)
    attributes = {
        key: changes.pop(key) for key in ("__name__", "__doc__", "__qualname__", "__module__") if key in changes
    }
    made = types.FunctionType(loss.__code__.replace(co_consts=consts, **changes), {"np": np})
    for key, text in attributes.items():
        setattr(made, key, text)
    return made


def program_with(text: str, dim: bool = False) -> Any:
    program = parse_program("def program(x: real[n]):\n    s = sum[i:n](x[i]**2)\n    return s\n")
    if dim:
        return parse_program(f"def program(x: real[{text}]):\n    s = sum[i:{text}](x[i]**2)\n    return s\n")
    return replace(program, parameters=tuple(one._replace(name=text) for one in program.parameters))


X, N = sympy.Symbol("x"), sympy.Symbol("n", integer=True)
READY = gradc.compile("sum(x**2)", "x[n]", backend="interpret")
# Every place that takes a text, by what it makes of one.
PLACES: dict[str, Callable[[str], Any]] = {
    "a formula": lambda t: made(t, "x[n]"),
    "a term": lambda t: made(f"sum(x) + ({t})", "x[n]"),
    "a comment": lambda t: made(f"sum(x)  # {t}", "x[n]"),
    "a string": lambda t: made(f"sum(x) + {t!r}", "x[n]"),
    "a name of a formula": lambda t: made(f"{t} = 2 * x\nsum({t})", "x[n]"),
    "an index": lambda t: made(f"sum[{t}:n](x[{t}])", "x[n]"),
    "an attribute": lambda t: made(f"sum(np.{t}(x))", "x[n]"),
    "a dimension": lambda t: made("sum(x)", f"x[{t}]"),
    "an argument": lambda t: made("1", f"{t}[n]"),
    "an argument that is read": lambda t: made(f"sum({t}**2)", f"{t}[n]"),
    "a dtype in a signature": lambda t: made("sum(x)", f"x[n]:{t}"),
    "a signature": lambda t: made("sum(x)", t),
    "a kernel's name": lambda t: made("sum(x**2)", "x[n]", name=t),
    "wrt": lambda t: made("sum(x**2)", "x[n]", wrt=t),
    "several wrt": lambda t: made("sum(x**2)", "x[n]", wrt=("x", t)),
    "dtype": lambda t: made("sum(x**2)", "x[n]", dtype=t),
    "reduce": lambda t: made("sum(x**2)", "x[n]", reduce=t),
    "backend": lambda t: gradc.compile("sum(x**2)", "x[n]", backend=t),
    "a program": lambda t: made(parse_program(t)),
    "a program's docstring": lambda t: made(
        parse_program(f"def program(x: real[n]):\n    {t!r}\n    s = sum[i:n](x[i])\n    return s\n")
    ),
    "a program's name": lambda t: made(parse_program(f"def {t}(x: real[n]):\n    s = sum[i:n](x[i])\n    return s\n")),
    "a parameter of a program": lambda t: made(program_with(t)),
    "a dimension of a program": lambda t: made(program_with(t, dim=True)),
    "a docstring": lambda t: made(function(__doc__=t), "x[n]"),
    "a function's name": lambda t: made(function(__name__=t, __qualname__=t, co_name=t), "x[n]"),
    "a function's module": lambda t: made(function(__module__=t), "x[n]"),
    "a function's file": lambda t: made(function(co_filename=t), "x[n]"),
    "a function's text": lambda t: made(function(text=t), "x[n]"),
    "a function's argument": lambda t: made(function(co_varnames=(t, "text")), f"{t}[n]"),
    "a decorated function": lambda t: gradc.kernel("x[n]", backend="interpret")(function(__doc__=t, __name__=t)),
    "a symbol": lambda t: made(X**2 * sympy.Symbol(t), "x"),
    "a symbol in the signature": lambda t: made(X * sympy.Symbol(t), f"x, {t}"),
    "a function of SymPy": lambda t: made(sympy.Function(t)(X), "x"),
    "a matrix symbol": lambda t: made(sympy.MatrixSymbol(t, N, 1).T * sympy.MatrixSymbol(t, N, 1), f"{t}[n,1]"),
    "an indexed base": lambda t: made(sympy.IndexedBase(t)[sympy.Idx("i", N)], f"{t}[n]"),
    "a dummy": lambda t: made(sympy.Dummy(t) * X, "x"),
    "a derivative of SymPy": lambda t: made(sympy.Derivative(sympy.Function(t)(X), X), "x"),
    "a condition of SymPy": lambda t: made(sympy.Piecewise((X, sympy.Symbol(t) > 0), (0, True)), f"x, {t}"),
    "a keyword of a call": lambda t: READY(**{t: np.ones(2)}),
    "a keyword of bind": lambda t: READY.bind(**{t: np.ones(2)}),
    "a keyword of specialize": lambda t: READY.specialize(**{t: 2}),
    "an argument's value": lambda t: READY(t),
    "a C identifier": check_identifier,
    "a package": check_name,
}
# What reads files by its nature, or asks Python for modules, and may not be led there by a text.
NEVER = (
    *("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "os.putenv", "subprocess.Popen"),
    *("pickle.find_class", "marshal.load", "marshal.loads", "ctypes", "socket", "urllib", "webbrowser", "code.__new__"),
    *("import", "exec", "compile"),
)
MARKED = ("open", "os.", "shutil", "glob", "tempfile", "sqlite3", "pathlib", "builtins.input")
seen: list[str] = []
watching = False


def watch(event: str, args: tuple[Any, ...]) -> None:
    """What the audit hook sees, but for the parsing of a tree, which runs nothing."""
    global watching
    if not watching or not event.startswith((*NEVER, *MARKED)):
        return
    watching = False  # while this looks, it does things itself
    try:
        caller = sys._getframe(1)
        if event == "compile" and caller.f_code.co_name == "parse" and caller.f_code.co_filename.endswith("ast.py"):
            return
        if event.startswith("code.__new__"):  # the functions above
            return
        told = marshal.dumps(args[0]).decode("latin-1") if event == "exec" else repr(args)
        if event.startswith(NEVER) or MARK in told:
            place = f"{caller.f_code.co_filename}:{caller.f_lineno}"
            seen.append(f"{event} {repr(args)[:200]} at {place}")
    finally:
        watching = True


def made(*args: Any, **options: Any) -> Any:
    """A kernel, with all the texts that it has."""
    k = gradc.compile(*args, **options, backend="interpret")
    return k, [k.c_source, k.header, str(k.program), str(k.gradient), repr(k), str(k.rewrites)]


def faults_of(c: str) -> Iterator[str]:
    """What is wrong with a C text that was made of a hostile one."""
    comments = re.findall(r"/\*.*?\*/", c, flags=re.DOTALL)
    code = re.sub(r"/\*.*?\*/", "", c, flags=re.DOTALL)
    if "*/" in code or "/*" in code or any("/*" in comment[2:] for comment in comments):
        yield "a comment does not end where it should"
    if any(MARK in comment and "\\" in comment for comment in comments):
        yield "a backslash in a comment"
    if not code.isascii() or any(not (ch.isascii() or f"a{ch}".isidentifier()) for ch in c):
        yield "a character that is no letter"
    if "??" in c or "%:" in c or "\r" in c or "\0" in c:
        yield "a trigraph, a digraph or a control character"
    for line in code.splitlines():
        lead = line.strip()
        if (
            MARK in line
            and lead.startswith("#")
            and not re.fullmatch(r'#(include "\w+\.h"|ifndef \w+|define \w+)', lead)
        ):
            yield f"a line of the preprocessor: {line[:100]}"
        if '"' in line and not lead.startswith(("#include", "_Pragma", "#define", 'extern "C"')):
            yield f"a string: {line[:100]}"
        if re.search(r"\b(system|popen|exec\w*|asm|__asm__|__attribute__)\s*\(+\s*\W*zqzq", line):
            yield f"a call: {line[:100]}"


def under_watch(work: Callable[[], Any]) -> tuple[Any, list[str]]:
    """What some work gives, and what the hook saw of it."""
    global watching
    seen.clear()
    watching = True
    try:
        found = work()
    finally:
        watching = False
    return found, seen[:]


def spoiled() -> list[str]:
    """What goes unseen of all that the hook is to see: nothing."""
    ways: dict[str, Callable[[], Any]] = {
        "compile": lambda: compile("zqzq", "", "eval"),
        "exec": lambda: eval("0"),
        "import": lambda: __import__("this_is_no_module_zqzq"),
        "open": Path("/nowhere/zqzq").read_bytes,
        "os.": lambda: os.listdir("/nowhere/zqzq"),
        "os.system": lambda: os.system("true"),
        "subprocess.Popen": lambda: subprocess.run(["true"], check=True),
        "pickle.find_class": lambda: pickle.loads(b"cos\ngetpid\n."),
    }

    def try_it(work: Callable[[], Any]) -> None:
        with suppress(OSError, ImportError):
            work()

    unseen = [f"the hook did not see {event}" for event, work in ways.items()
              if not any(one.startswith(event) for one in under_watch(partial(try_it, work))[1])]  # fmt: skip
    c = "/* fine */\nint f(void);\n"
    bad = (
        "/* zqzq */ */",
        "/* a /* zqzq */",
        "/* zqzq \\\n */",
        "int \u202e;",
        "a ??/ b",
        "#define f zqzq(",
        'char *s = "zqzq";',
    )
    unseen += [f"nothing was found in {line}" for line in bad if not [*faults_of(c + line + "\n")]]
    return [*unseen, *faults_of(c)]


def compile_for_real(wrong: list[str]) -> None:
    """Kernels of hostile names through the compiler: nothing else is started, and no word of theirs is in a path."""

    def work() -> None:
        for name in ("zqzq", "_zqzq", "zqzq\u03bb"):
            k = gradc.compile(f"sum({name}**2) + 3", f"{name}[n]", name=name, backend="c")
            assert k.value_and_grad(np.ones(2))[0] == 5.0

    _, saw = under_watch(work)
    wrong += [
        f"compiling: {one}" for one in saw if not one.startswith("subprocess.Popen ('/bin/sh', ['/bin/sh', '-c', '[ ")
    ]
    if not any("Popen" in one for one in saw):
        wrong.append("no compiler was started")
    wrong += [f"compiling: {one}" for one in saw if MARK in one]


def attempt(place: str, payload: str) -> Any:
    """What is made of a text at a place, or how it was refused."""
    try:
        return PLACES[place](payload)
    except Exception as error:
        if str(error) == "type name must not contain null characters":  # SymPy makes no such tree
            return gradc.GradcError(str(error))
        return error


def cases(step: int) -> list[tuple[str, str]]:
    """Every place and text, or one of some, such that each place and each text has its turn."""
    return [(place, text) for k, place in enumerate(PLACES) for m, text in enumerate(PAYLOADS) if (k + m) % step == 0]


def main() -> None:
    """Read everything, and say what was seen."""
    with tempfile.TemporaryDirectory() as name:
        os.environ["GRADC_CACHE_DIR"] = name
        read_all(int(sys.argv[1]), int(sys.argv[2]))


def read_all(step: int, to_compile: int) -> None:
    """Read one text of some, and compile some of the C that is made of them."""
    warnings.simplefilter("ignore")
    # Everything that is imported or filled in when it is first needed.
    for read in PLACES.values():
        for text in ("ok", "k_2", "x", "1 +", "exp(x[0])"):
            with suppress(gradc.GradcError):
                read(text)
    gradc.compile("sum(x**2) + 1", "x[n]", backend="c").value_and_grad(np.ones(2))
    sys.addaudithook(watch)
    counts = {"accepted": 0, "refused": 0}
    wrong = spoiled()
    texts: dict[str, str] = {}
    for place, payload in cases(step):
        where = f"{place} {payload[:60]!r}"
        found, saw = under_watch(partial(attempt, place, payload))
        if isinstance(found, Exception) and not isinstance(found, gradc.GradcError):
            wrong.append(f"{where}: {type(found).__name__} {str(found)[:200]}")
        counts["refused" if isinstance(found, Exception) else "accepted"] += 1
        wrong += [f"{where}: {what}" for what in saw]
        if isinstance(found, tuple):
            c, header = found[1][:2]
            wrong += [f"{where}: {fault}" for fault in (*faults_of(c), *faults_of(header))]
            texts.setdefault(c, header)
    compile_for_real(wrong)
    chosen = list(texts.items())[:: max(1, len(texts) // max(1, to_compile))][:to_compile]
    flags = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
    with tempfile.TemporaryDirectory() as name:
        for c, header in chosen:
            Path(name, "kernel.h").write_text(header, encoding="utf-8")
            c = re.sub(r'#include "\w+\.h"', '#include "kernel.h"', c)
            Path(name, "kernel.c").write_text(c, encoding="utf-8")
            done = subprocess.run(["cc", *flags, "kernel.c"], cwd=name, capture_output=True, text=True, check=False)
            if done.returncode:
                wrong.append(f"C that does not compile: {done.stderr[:300]}")
    print(json.dumps({**counts, "texts of C": len(texts), "compiled": len(chosen), "wrong": wrong}))


if __name__ == "__main__":
    main()

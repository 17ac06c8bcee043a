"""What a source is, as a text that differs wherever what gradc makes of it may differ; so a new process need not trace.

    fingerprint("sum(x**2)")         # the text
    fingerprint(loss)                # a function: its code, and all that the code names, followed through helpers
    fingerprint(lambda x: x * cfg.a) # None: an object that cannot be seen through, so the function is traced

A wrong text would bring a stale kernel, so everything is opaque that is not known to be a value or a pure function of
values: objects of the user's classes, modules but for a few, sets, whatever reads files, clocks and random numbers.
"""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Iterator
from functools import cache, partial
from opcode import opmap
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

_MODULE_NAMES = (
    "numpy numpy.linalg numpy.fft scipy scipy.special scipy.linalg math operator functools itertools gradc gradc.losses"
)
_LIBRARIES = frozenset(["numpy", "scipy", "gradc", "math", "_operator", "operator", "functools", "_functools"])
_PURE = (
    "abs all any bool complex dict divmod enumerate filter float frozenset int isinstance issubclass iter len list map "
    "max min next pow property range reversed round set slice sorted staticmethod str sum super tuple type zip "
    "__build_class__ NotImplemented Ellipsis object"
)
# Names of NumPy's and SciPy's that lead to state, to files or to more modules.
_STATEFUL_NAMES = (
    "random load loadtxt genfromtxt fromfile memmap fromregex open_memmap geterr seterr errstate getbufsize ctypeslib "
    "lib core _core testing f2py datetime64 DataSource stats optimize io data datasets __dict__ __globals__ "
    "__code__ __builtins__ __getattribute__"
)
_MODULES, _BUILTINS = frozenset(_MODULE_NAMES.split()), frozenset(_PURE.split())
_STATEFUL = frozenset(_STATEFUL_NAMES.split())
_LARGEST = 1 << 20  # numbers in an array; tracing costs less than hashing more
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_IMPORT, _EXTENDED = opmap["IMPORT_NAME"], opmap["EXTENDED_ARG"]
_FORBIDDEN = frozenset(opmap[name] for name in ("STORE_GLOBAL", "DELETE_GLOBAL") if name in opmap)


class _OpaqueError(Exception):
    """Something that cannot be seen through."""


def fingerprint(source: Any) -> list[str] | None:
    """Return texts that tell a source from all others, or None where that cannot be done safely."""
    if type(source) is str:
        return ["text", source]
    if type(source) in (FunctionType, partial):
        reader = _Reader()
        try:
            reader.read(source)
        except (_OpaqueError, RecursionError):
            return None
        return ["function", *reader.parts]
    # A program, or an expression of SymPy: its module is loaded, or it would not be here.
    program = sys.modules.get("gradc.ir.program")
    if program is not None and isinstance(source, program.Program):
        return ["program", str(source), repr(source.hints), repr(source.output_names)]
    return _symbolic(source)


@cache
def of_package() -> str:
    """Return a text that changes when gradc's own files do: their names, sizes and times, as Python's caches go by."""
    from gradc.runtime.texts import home

    found: list[str] = []
    for root in (_PACKAGE, str(home())):
        found += sorted(f"{path}:{status.st_size}:{status.st_mtime_ns}" for path, status in _files(root))
    return "\n".join(found)


def _files(root: str) -> Iterator[tuple[str, os.stat_result]]:
    pending = [root]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.name.endswith((".py", ".c", ".j2")):
                    yield entry.path, entry.stat()
                elif entry.name != "__pycache__" and entry.is_dir():
                    pending.append(entry.path)


class _Reader:
    """Collects the texts of one source; functions that were met before are named by their number."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.met: dict[int, int] = {}

    def read(self, item: Any) -> None:
        kind = type(item)
        add = self.parts.append
        if item is None or item is Ellipsis or kind in (bool, int, float, complex, str, bytes):
            add(f"{kind.__name__} {item!r}")
        elif kind in (tuple, list):
            add(f"{kind.__name__} {len(item)}")
            for part in item:
                self.read(part)
        elif kind is dict:
            add(f"dict {len(item)}")
            for key, part in item.items():
                self.read(key)
                self.read(part)
        elif kind is frozenset:  # as `x in {1, 2}` compiles to
            inner = []
            for part in item:
                other = _Reader()
                other.read(part)
                inner.append(repr(other.parts))
            add(f"frozenset {sorted(inner)}")
        elif kind in (range, slice):
            add(repr(item))
        elif kind is np.ndarray and item.dtype.kind in "biuf" and item.size <= _LARGEST:
            from gradc.runtime.cache import sha256

            add(f"array {item.dtype.str} {item.shape} {sha256(np.ascontiguousarray(item).tobytes()).hexdigest()}")
        elif isinstance(item, np.generic) and item.dtype.kind in "biuf":
            add(f"number {item.dtype.str} {item.tobytes().hex()}")
        elif isinstance(item, np.dtype) and item.kind in "biuf":
            add(f"dtype {item.str}")
        elif kind is ModuleType:
            self._module(item)
        elif kind is partial:
            add("partial")
            self.read(item.func)
            self.read(item.args)
            self.read(item.keywords)
        elif kind is FunctionType and not _is_known(item):
            self._function(item)
        elif kind is CodeType:
            self._code(item)
        elif _is_known(item):
            add(f"known {_home(item)}.{getattr(item, '__qualname__', item.__name__)}")
        else:
            raise _OpaqueError

    def _module(self, module: ModuleType) -> None:
        if module.__name__ not in _MODULES or sys.modules.get(module.__name__) is not module:
            raise _OpaqueError
        root = sys.modules[module.__name__.partition(".")[0]]
        self.parts.append(f"module {module.__name__} {getattr(root, '__version__', '')}")

    def _function(self, function: FunctionType) -> None:
        if id(function) in self.met:
            self.parts.append(f"function {self.met[id(function)]}")
            return
        self.met[id(function)] = len(self.met)
        self.parts.append("function")
        code = function.__code__
        self._code(code)
        self.read(function.__defaults__)
        self.read(function.__kwdefaults__)
        self.read(function.__dict__)
        held = [_content(cell) for cell in function.__closure__ or ()]
        self.read(held)
        modules = [item for item in held if type(item) is ModuleType]
        names = sorted(set(_names(code)))
        for name in names:
            if name in function.__globals__:
                item = function.__globals__[name]
                self.parts.append(f"global {name}")
                self.read(item)
                if type(item) is ModuleType:
                    modules.append(item)
            elif hasattr(builtins, name):
                item = getattr(builtins, name)
                if name not in _BUILTINS and not (isinstance(item, type) and issubclass(item, Exception)):
                    raise _OpaqueError
        for module in modules:
            for name in names:
                # A function that somebody has put into a module is the user's.
                item = vars(module).get(name)
                if type(item) is FunctionType and not _is_known(item):
                    raise _OpaqueError

    def _code(self, code: CodeType) -> None:
        counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
        names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
        raw = code.co_code
        self.parts.append(
            f"code {code.co_name} {counts} {names} {raw.hex()} {getattr(code, 'co_exceptiontable', b'')!r}"
        )
        for place in range(0, len(raw), 2):
            if raw[place] in _FORBIDDEN:
                raise _OpaqueError
            if raw[place] == _IMPORT:
                wide = place >= 2 and raw[place - 2] == _EXTENDED
                name = "" if wide else code.co_names[raw[place + 1]]
                module = sys.modules.get(name)
                if module is None:
                    raise _OpaqueError
                self._module(module)
        if not _STATEFUL.isdisjoint(code.co_names):
            raise _OpaqueError
        self.read(code.co_consts)


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # a variable not yet assigned
        return "unassigned"


def _names(code: CodeType) -> Iterator[str]:
    pending = [code]
    while pending:
        part = pending.pop()
        yield from part.co_names
        pending += [constant for constant in part.co_consts if isinstance(constant, CodeType)]


def _home(item: Any) -> str:
    """The module where something is found under its own name, or an empty text."""
    if isinstance(item, np.ufunc):
        return next((name for name in ("numpy", "scipy.special") if _finds(name, item.__name__, item)), "")
    home = getattr(item, "__module__", None)
    name = getattr(item, "__qualname__", None)
    return home if isinstance(home, str) and isinstance(name, str) and _finds(home, name, item) else ""


def _finds(home: str, name: str, item: object) -> bool:
    found: Any = sys.modules.get(home)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is item


def _is_known(item: Any) -> bool:
    """Whether something is a function or a type of a library that gradc sees through by name."""
    if not isinstance(item, (FunctionType, BuiltinFunctionType, type, np.ufunc)) and not (
        type(item).__name__ == "_ArrayFunctionDispatcher" and str(type(item).__module__).startswith("numpy")
    ):
        return False
    home = _home(item)
    if home == "builtins":
        return item.__name__ in _BUILTINS
    root = home.partition(".")[0]
    return root in _LIBRARIES and not home.startswith(("numpy.random", "scipy.stats"))


def _symbolic(source: Any) -> list[str] | None:
    """SymPy's own text of an expression, where every part of it is of SymPy's own classes."""
    sympy = sys.modules.get("sympy")
    items = source if isinstance(source, (list, tuple)) else [source]
    if sympy is None or not all(isinstance(item, (sympy.Basic, sympy.MatrixBase)) for item in items):
        return None
    for item in items:
        for part in sympy.preorder_traversal(item):
            kind = type(part)
            if not str(kind.__module__).startswith("sympy.") or getattr(sympy, kind.__name__, kind) is not kind:
                return None
            # What SymPy's text leaves out.
            if any(getattr(part, name, None) not in (None, 0) for name in ("offset", "strides")):
                return None
    return ["sympy", sympy.__version__, type(source).__name__, *(sympy.srepr(item) for item in items)]

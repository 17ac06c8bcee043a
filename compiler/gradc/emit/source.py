"""The text of a C file and of its header, rendered from functions by the templates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from gradc.emit.expressions import vector_functions
from gradc.emit.printer import Function, record_parameter
from gradc.emit.shuffles import widths
from gradc.emit.statements import wrap_code
from gradc.loops.libmvec import FASTER_IN_LIBMVEC
from gradc.schedule.tiling import PARTS, ROWS

if TYPE_CHECKING:
    import jinja2

_WIDTH = 118
_NEEDS = "/* needs: "  # the first line of a template that others must stand before


class Source(NamedTuple):
    """A C file and its header."""

    c: str
    header: str


class _Frame(NamedTuple):
    """What the template prints of one function."""

    signature: str
    work_signature: str
    work: str
    most: str
    unused_dims: tuple[str, ...]
    lines: tuple[str, ...]
    pieces: tuple[tuple[tuple[str, ...], str, tuple[str, ...]], ...]


def render_source(
    name: str, functions: Sequence[Function], real: str, program: str, version: str, *, include: bool = False
) -> Source:
    """The C file `name` with these functions, and its header."""
    prototypes = [line for function in functions for line in _prototypes(function)]
    notes = [f"{f.name} gives {status.code}: {status.message}" for f in functions for status in f.statuses]
    ops = sorted({op for function in functions for op in function.ops})
    vectors = sorted({name for function in functions for name in function.vectors})
    tiled = any({"parts", "rows"} & {*function.helpers} for function in functions)
    title = f"{name}: the loss, and its derivatives."
    text = (
        _environment()
        .get_template("kernel.c.j2")
        .render(
            title=title,
            program=[f"     {line}".rstrip().replace("*/", "* /")[:160] for line in program.splitlines()[:60]],
            version=version,
            real=real,
            rows=ROWS if tiled else 0,
            parts=PARTS,
            apart=any(function.pieces for function in functions),
            notes=notes,
            vector_functions=[_declare(function, real) for function in vector_functions(ops, vectors, real)],
            prototypes=[f'#include "{name}.h"'] if include else prototypes,
            support=_support(functions, real),
            functions=[_frame(function) for function in functions],
        )
    )
    header = (
        _environment()
        .get_template("kernel.h.j2")
        .render(
            title=title,
            version=version,
            notes=notes or ["nothing: these functions cannot fail"],
            guard=f"{name.upper().lstrip('_')}_H",
            prototypes=[line.replace("restrict ", "GRADC_RESTRICT ") for line in prototypes],
        )
    )
    return Source(text, header)


def _declare(function: str, real: str) -> str:
    two = function.rstrip("f") in ("pow", "hypot", "atan2", "pow") or function in ("powf", "hypotf", "atan2f")
    return f"{real} {function}({real}, {real});" if two else f"{real} {function}({real});"


def _arguments(function: Function) -> list[str]:
    given = [record_parameter(function.name, function.record)] if function.record else _declarations(function)
    return [*given, "void *restrict work"]


def _declarations(function: Function) -> list[str]:
    values = (*function.inputs, *function.outputs)
    return [*(f"int64_t {dim}" for dim in function.dims), *(text for text, _ in values)]


def _record(function: Function) -> list[str]:
    """The struct of a function's arguments, where they come in one."""
    if not function.record:
        return []
    return [f"struct {function.name}_arguments {{", *(f"    {text};" for text in _declarations(function)), "};"]


def _signature(head: str, arguments: Iterable[str]) -> str:
    parts, indent = list(arguments), " " * len(head)
    lines, current = [], head
    for k, part in enumerate(parts):
        piece = part + (")" if k == len(parts) - 1 else ",")
        if len(current) + len(piece) + 1 > _WIDTH and current.strip() and not current.endswith("("):
            lines.append(current.rstrip())
            current = indent
        current += piece if current.endswith("(") or not current.strip() else f" {piece}"
    return "\n".join([*lines, current])


def _work_signature(function: Function) -> str:
    dims = [f"int64_t {dim}" for dim in function.dims]
    given = [record_parameter(function.name, function.record)] if function.record else dims
    return f"size_t {function.name}_work({', '.join(given) or 'void'})"


def _prototypes(function: Function) -> list[str]:
    signature = _signature(f"int {function.name}(", _arguments(function))
    return [*_record(function), f"{_work_signature(function)};", *f"{signature};".split("\n")]


def _frame(function: Function) -> _Frame:
    return _Frame(
        _signature(f"int {function.name}(", _arguments(function)),
        _work_signature(function),
        "\n".join(wrap_code(f"return {function.work};", "    ")),
        function.most,
        function.spare,
        function.lines,
        tuple(
            (
                piece.head,
                _signature(f"static GRADC_APART void {piece.name}(", piece.parameters or ["void"]),
                piece.lines,
            )
            for piece in function.pieces
        ),
    )


def _support(functions: Sequence[Function], real: str) -> list[str]:
    """Helpers, functions of loops, special functions and routines that the functions call, each after what it needs."""
    single = real == "float"
    names: dict[str, Any] = {
        "real": real,
        "integer": "int32_t" if single else "int64_t",
        "suffix": "_f" if single else "",
    }
    names |= {f: f + ("f" if single else "") for f in ("fabs", "log", "sqrt")}
    names |= {"widths": widths(4 if single else 8)}
    found: dict[str, str] = {}

    def add(folder: str, name: str) -> None:
        key = f"{folder}/{name}"
        if key in found:
            return
        if folder == "routines":
            text = _environment().get_template(f"{key}.c.j2").render(names)
        else:
            text = (files("gradc.templates") / folder / f"{name}.c").read_text(encoding="utf-8")
        if text.startswith(_NEEDS):
            first, text = text.split("\n", 1)
            for other in first.removeprefix(_NEEDS).removesuffix("*/").split(","):
                add(folder, other.strip())
        if folder == "vector" and (name[:-1] if single else name) in FASTER_IN_LIBMVEC:
            text = f"#if defined(GRADC_LIBMVEC)\n#define gradc_{name} {name}\n#else\n{text.rstrip()}\n#endif"
        found[key] = text.rstrip()

    for folder in ("helpers", "vectors", "specials", "routines"):
        for name in sorted({name for function in functions for name in getattr(function, folder)}):
            if folder == "vectors":
                add("vector", f"{name}f" if single else name)
            else:
                add({"specials": "special"}.get(folder, folder), name)
    return list(found.values())


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("gradc.templates", ""),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - the text is C, not HTML
    )

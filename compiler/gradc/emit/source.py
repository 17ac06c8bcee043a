"""The text of a C file and of its header, rendered from functions by the templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from gradc.emit.expressions import all_vector_functions, vector_functions
from gradc.emit.printer import Function, record_parameter
from gradc.emit.shuffles import widths
from gradc.emit.statements import WIDTH, wrap_code, wrap_comment
from gradc.loops.libmvec import FASTER_IN_LIBMVEC
from gradc.schedule.tiling import PARTS, ROWS

if TYPE_CHECKING:
    import jinja2

_NEEDS = "/* needs: "  # the first line of a template that others must stand before


class Source(NamedTuple):
    """A C file and its header, and the headers of helpers that it includes, by path."""

    c: str
    header: str
    support: Mapping[str, str]


class _Helper(NamedTuple):
    """A template of helpers: what others must stand before it, and its text."""

    needs: tuple[str, ...]
    text: str


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
    name: str,
    functions: Sequence[Function],
    real: str,
    program: str,
    version: str,
    *,
    include: bool = False,
    support: str = "",
) -> Source:
    """The C file `name` with these functions, and its header.

    Parameters
    ----------
    program
        The loss, which the first comment shows.
    include
        Whether the C takes its prototypes from the header.
    support
        A folder of headers that the helpers are in; by default the C holds those that it uses, and stands alone.
    """
    prototypes = [line for function in functions for line in _prototypes(function)]
    notes = [f"{f.name} gives {status.code}: {status.message}" for f in functions for status in f.statuses]
    shown = [part for line in program.splitlines()[:60] for part in _shown(line)]
    ops = sorted({op for function in functions for op in function.ops})
    vectors = sorted({name for function in functions for name in function.vectors})
    title = f"{name}: the loss, and its derivatives."
    helpers = _helpers(functions, real)
    frame = {
        "vector_functions": [_declare(function, real) for function in vector_functions(ops, vectors, real)],
        "rows": ROWS if any({"parts", "rows"} & {*function.helpers} for function in functions) else 0,
        "parts": PARTS,
        "apart": any(function.pieces for function in functions),
    }
    asked = [f"{support}/{key}.h" for key in _asked(functions, real)]
    text = (
        _environment()
        .get_template("kernel.c.j2")
        .render(
            title=title,
            program=[f"     {line}" for line in shown],
            version=version,
            real=real,
            notes=[part for note in notes for part in wrap_comment(note, WIDTH - 4)],
            headers=[f"{support}/frame.h", *asked] if support else [],
            prototypes=[f'#include "{name}.h"'] if include else prototypes,
            support=[] if support else [helper.text for helper in helpers.values()],
            functions=[_frame(function) for function in functions],
            **frame,
        )
    )
    header = (
        _environment()
        .get_template("kernel.h.j2")
        .render(
            title=title,
            version=version,
            notes=[part for note in notes for part in wrap_comment(note, WIDTH - 8)]
            or ["nothing: these functions cannot fail"],
            guard=f"{name.upper().lstrip('_')}_H",
            prototypes=[line for function in functions for line in _prototypes(function, "GRADC_RESTRICT")],
        )
    )
    return Source(text, header, _headers(helpers, real, support) if support else {})


def _headers(helpers: Mapping[str, _Helper], real: str, folder: str) -> dict[str, str]:
    """The headers of helpers by path, and the one of what stands before all of them."""
    every = [_declare(function, real) for function in all_vector_functions(real)]
    frame = {"vector_functions": every, "rows": ROWS, "parts": PARTS, "apart": True}
    found = {f"{folder}/frame.h": _guarded("frame", (), _environment().get_template("frame.c.j2").render(frame))}
    for key, helper in helpers.items():
        found[f"{folder}/{key}.h"] = _guarded(key, ("frame", *helper.needs), helper.text)
    return found


def _guarded(key: str, needs: Sequence[str], text: str) -> str:
    """A header that may be included more than once."""
    up = "../" * key.count("/")
    guard = f"GRADC_{key.replace('/', '_').upper()}_H"
    headers = [f"{up}{need}.h" for need in needs]
    return _environment().get_template("support.h.j2").render(guard=guard, headers=headers, text=text.strip())


def _shown(line: str) -> list[str]:
    """A line of a program, cut where it is long, behind its indentation."""
    text = line.lstrip()
    indent = line[: len(line) - len(text)]
    return [indent + part for part in wrap_comment(text, WIDTH - 8 - len(indent))]


def _declare(function: str, real: str) -> str:
    two = function.rstrip("f") in ("pow", "hypot", "atan2", "pow") or function in ("powf", "hypotf", "atan2f")
    return f"{real} {function}({real}, {real});" if two else f"{real} {function}({real});"


def _arguments(function: Function, restrict: str = "restrict") -> list[str]:
    given = [record_parameter(function.name, function.record)] if function.record else _declarations(function)
    return [text.replace("restrict ", f"{restrict} ") for text in (*given, "void *restrict work")]


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
        if len(current) + len(piece) + 2 > WIDTH and current.strip() and not current.endswith("("):
            lines.append(current.rstrip())
            current = indent
        current += piece if current.endswith("(") or not current.strip() else f" {piece}"
    return "\n".join([*lines, current])


def _work_signature(function: Function) -> str:
    dims = [f"int64_t {dim}" for dim in function.dims]
    given = [record_parameter(function.name, function.record)] if function.record else dims
    return _signature(f"size_t {function.name}_work(", given or ["void"])


def _prototypes(function: Function, restrict: str = "restrict") -> list[str]:
    signature = _signature(f"int {function.name}(", _arguments(function, restrict))
    work = f"{_work_signature(function)};"
    record = [line.replace("restrict ", f"{restrict} ") for line in (*_record(function), *work.split("\n"))]
    return [*record, *f"{signature};".split("\n")]


def _frame(function: Function) -> _Frame:
    return _Frame(
        _signature(f"int {function.name}(", _arguments(function)),
        _work_signature(function),
        "\n".join(wrap_code(f"return {function.work};", "    ")),
        "\n".join(wrap_code(f"if ({function.most} > GRADC_MOST)", "    ")) if function.most else "",
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


def _asked(functions: Sequence[Function], real: str) -> list[str]:
    """The templates of the helpers that functions call: functions of loops, special functions, routines and others."""
    found = []
    for folder, place in (("helpers", "helpers"), ("vectors", "vector"), ("specials", "special"), ("routines",) * 2):
        end = "f" if folder == "vectors" and real == "float" else ""
        found += [f"{place}/{name}{end}" for name in sorted({n for f in functions for n in getattr(f, folder)})]
    return found


def _helpers(functions: Sequence[Function], real: str) -> dict[str, _Helper]:
    """The helpers that functions call, by template, each after what it needs."""
    single = real == "float"
    names: dict[str, Any] = {
        "real": real,
        "integer": "int32_t" if single else "int64_t",
        "suffix": "_f" if single else "",
    }
    names |= {f: f + ("f" if single else "") for f in ("fabs", "log", "sqrt")}
    names |= {"widths": widths(4 if single else 8)}
    found: dict[str, _Helper] = {}

    def add(key: str) -> None:
        if key in found:
            return
        folder, name = key.split("/")
        if folder == "routines":
            text = _environment().get_template(f"{key}.c.j2").render(names)
        else:
            text = (files("gradc.templates") / folder / f"{name}.c").read_text(encoding="utf-8")
        needs: list[str] = []
        if text.startswith(_NEEDS):
            first, text = text.split("\n", 1)
            others = [other.strip() for other in first.removeprefix(_NEEDS).removesuffix("*/").split(",")]
            needs = [other if "/" in other else f"{folder}/{other}" for other in others]
        for need in needs:
            add(need)
        if folder == "vector" and (name[:-1] if single else name) in FASTER_IN_LIBMVEC:
            text = f"#if defined(GRADC_LIBMVEC)\n#define gradc_{name} {name}\n#else\n{text.rstrip()}\n#endif"
        found[key] = _Helper(tuple(needs), text.rstrip())

    for key in _asked(functions, real):
        add(key)
    return found


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

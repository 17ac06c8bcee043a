"""A compiled loss: value, gradient and products with its derivative, each compiled when first asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gradc.bound import Bound, Watched
from gradc.entry_points import assemble, build
from gradc.errors import (
    ArgumentError,
    ArgumentTypeError,
    NotDifferentiableError,
)
from gradc.modes import (
    BACKWARD,
    FORWARD,
    GAUSS_NEWTON,
    HESSIAN,
    HESSIAN_DIAGONAL,
    HVP,
    JACOBIAN,
    JACOBIAN_REVERSE,
    JVP,
    MODES,
    SECOND,
    VALUE,
    VALUE_AND_GRAD,
    VALUE_GRAD_HESSIAN,
    VJP,
    Mode,
)
from gradc.options import Options
from gradc.origin import Origin
from gradc.runtime.arguments import check_size
from gradc.runtime.forks import unforked
from gradc.runtime.once import once
from gradc.runtime.threads import Threads

# A kernel that the cache knows needs none of the compiler, which is imported where it is used.
if TYPE_CHECKING:
    from gradc.derivatives import Derived
    from gradc.emit.source import Source
    from gradc.ir.program import Program
    from gradc.runtime.blocks import BlockCall
    from gradc.runtime.recall import Memory
    from gradc.units import Unit


class Rewrite(NamedTuple):
    """What the compiler put in place of a part of the formula: the identity, why, and where it holds."""

    identity: str
    reason: str
    holds: str


class Residuals(NamedTuple):
    """What a forward call keeps for the backward one: the arguments, and what was dear to compute."""

    arguments: tuple[Any, ...]
    stored: tuple[Any, ...]


class Kernel:
    """A loss and its derivatives as functions of NumPy arrays; made by `gradc.compile`.

    Calling it gives the value. Arguments go by position or by name, in the order of the signature; `out` takes an array
    (or a tuple, with None for a fresh one) that a result is written to. Arrays are dense, in C order and of the
    kernel's dtype; others that NumPy casts safely are converted, and all else is an error that names the argument.

    Parameters
    ----------
    program
        The canonical program.
    options
        What was asked for.
    rewrites
        What was put in place of parts of the formula.
    written
        The canonical program before it was stabilised; None where that changed nothing.
    """

    def __init__(
        self,
        program: Program,
        options: Options,
        rewrites: tuple[Rewrite, ...] = (),
        written: Program | None = None,
    ) -> None:
        from gradc.interface import signature_text

        self.program = program
        arguments = [parameter.name for parameter in program.parameters]
        is_scalar = not program.arrays()[program.outputs[0]].shape
        facts = {"arguments": arguments, "signature": signature_text(program.parameters), "is_scalar": is_scalar}
        facts |= {"ranks": [len(parameter.shape) for parameter in program.parameters], "dims": program.symbols()}
        facts |= {"rewrites": rewrites, "written": None if written is None else str(written)}
        # How a kernel is run, and not what it is, is left to whoever recalls it.
        facts |= {"options": options._replace(backend="auto", threads=None)._asdict()}
        self._set(facts, options.backend, options.threads)

    def _set(self, facts: Mapping[str, Any], backend: str, threads: int | None, memory: Memory | None = None) -> None:
        """Say all that the kernel is but for its program, which `facts` may hold as text."""
        known = Options(**facts["options"])
        self._options = options = known._replace(wrt=tuple(known.wrt), backend=backend, threads=threads)
        self.name, self.dtype, self.backend, self.wrt = options.name, options.dtype, options.backend, options.wrt
        self.stabilised, self.precise, self.reduce = options.stabilised, options.precise, options.reduce
        self.arguments: tuple[str, ...] = tuple(facts["arguments"])
        self.dims: tuple[str, ...] = tuple(facts["dims"])
        self._ranks: tuple[int, ...] = tuple(facts["ranks"])
        self.signature = str(facts["signature"])
        """The arguments, as `gradc.compile` takes them."""
        self._single, self._is_scalar = options.single, bool(facts["is_scalar"])
        self._facts, self._memory = facts, memory
        self._threads = Threads(threads)
        self.rewrites = tuple(Rewrite(*rewrite) for rewrite in facts["rewrites"])
        self._made_of: Origin | None = None  # the Python function, where it was one
        self._origin: Origin | None = None  # the same, until the first call has compared it with its trace
        self._seconds = 0.0  # that building its calls has taken
        self._calls: dict[str, Any] = {}
        self._derivatives: dict[str, Derived] = {}
        self._assembled: dict[str, BlockCall] = {}
        self._lock = threading.Lock()
        self.__name__ = self.__qualname__ = self.name

    @classmethod
    def _recalled(cls, facts: Mapping[str, Any], memory: Memory, backend: str, threads: int | None) -> Kernel:
        """A kernel that was compiled before."""
        self = cls.__new__(cls)
        self._set(facts, backend, threads, memory)
        return self

    @once
    @unforked
    def program(self) -> Program:
        """The canonical program."""
        from gradc.frontends.formula import parse_program
        from gradc.ir.program import Program

        read = parse_program(self._facts["program"])
        output_names, hints = self._facts["names"]
        return Program(read.parameters, read.definitions, read.outputs, tuple(hints), tuple(output_names))

    @once
    @unforked
    def written(self) -> Program:
        """The canonical program before it was stabilised."""
        from gradc.frontends.formula import parse_program

        text = self._facts["written"]
        return self.program if text is None else parse_program(text)

    # --- calls ------------------------------------------------------------------------------------------------------

    def __call__(self, /, *args: Any, out: Any = None, **kwargs: Any) -> Any:
        """The value: a float, or an array where the loss is one."""
        return self._mode(VALUE)(*args, out=out, **kwargs)

    def value_and_grad(self, /, *args: Any, out: Any = None, **kwargs: Any) -> Any:
        """The value and the gradient, in one pass over the data.

        Returns
        -------
        value : float
        gradient : numpy.ndarray or float, or a tuple of them where `wrt` is a tuple
        """
        self._need_scalar("value_and_grad")
        return self._mode(VALUE_AND_GRAD)(*args, out=out, **kwargs)

    def grad(self, /, *args: Any, **kwargs: Any) -> Any:
        """The gradient alone; see `value_and_grad`."""
        return self.value_and_grad(*args, **kwargs)[1]

    def forward(self, /, *args: Any, **kwargs: Any) -> tuple[Any, Residuals]:
        """The value, and the residuals that `backward` needs."""
        arguments = self._in_order(args, kwargs)
        results = self._mode(FORWARD)(*arguments)
        results = results if isinstance(results, tuple) else (results,)
        return results[0], Residuals(arguments, results[1:])

    def backward(self, residuals: Residuals, cotangent: Any = 1.0) -> Any:
        """The gradient from a forward call's residuals, times `cotangent` (an array where the value is one)."""
        results = self._mode(BACKWARD)(*residuals.arguments, *residuals.stored, cotangent)
        return self._packed(results)

    def vjp(self, args: Sequence[Any], cotangent: Any) -> tuple[Any, Any]:
        """The value, and the product of the cotangent with the Jacobian.

        Parameters
        ----------
        args
            All arguments.
        cotangent
            Of the value's shape.

        Returns
        -------
        value, gradients
        """
        value, gradients = self._mode(VJP)(*self._all(args), cotangent)
        return value, gradients

    def jvp(self, args: Sequence[Any], tangents: Any) -> tuple[Any, Any]:
        """The value, and the product of the Jacobian with the tangents.

        Parameters
        ----------
        args
            All arguments.
        tangents
            One for each name in `wrt`, of its shape; not in a tuple where `wrt` is a single name, though it may be.

        Returns
        -------
        value, tangent
        """
        given = tuple(tangents) if isinstance(tangents, tuple) else (tangents,)
        if len(given) != len(self.wrt):
            raise ArgumentTypeError(
                f"{self.name}.jvp() takes {len(self.wrt)} tangents ({', '.join(self.wrt)}), not {len(given)}"
            )
        value, tangent = self._mode(JVP)(*self._all(args), *given)
        return value, tangent

    # --- second derivatives and Jacobians -------------------------------------------------------------------------

    def hessian(self, /, *args: Any, dense: bool = False, out: Any = None, **kwargs: Any) -> Any:
        """The second derivative, in closed form; docs/second-order.md has its forms.

        Parameters
        ----------
        *args, **kwargs
            The arguments.
        dense
            Ask for an array also where the Hessian is structurally sparse.
        out
            A result of an earlier call that is written again.

        Returns
        -------
        numpy.ndarray or scipy.sparse array
            An array of shape ``w.shape + w.shape``, or where it is structurally sparse a matrix over the raveled
            parameters: `dia_array`, `bsr_array` or `csr_array`. Where `wrt` is a tuple, a tuple of rows of blocks.
        """
        self._need_scalar("hessian")
        self._need_free("hessian", dense=dense)
        return self._derivative(HESSIAN, dense)(*args, out=out, **kwargs)

    def value_grad_hessian(self, /, *args: Any, dense: bool = False, out: Any = None, **kwargs: Any) -> Any:
        """Value, gradient and Hessian, in one kernel.

        Returns
        -------
        value, gradient, hessian
            As of `value_and_grad` and `hessian`.
        """
        self._need_scalar("value_grad_hessian")
        self._need_free("value_grad_hessian", dense=dense)
        return self._derivative(VALUE_GRAD_HESSIAN, dense)(*args, out=out, **kwargs)

    def hvp(self, args: Sequence[Any], v: Any) -> Any:
        """The product of the Hessian with a vector, which costs a few gradients.

        Parameters
        ----------
        args
            All arguments.
        v
            Of the shape of the argument in `wrt`; a tuple of such where `wrt` is one.

        Returns
        -------
        numpy.ndarray or float, or a tuple of them where `wrt` is a tuple
        """
        self._need_scalar("hvp")
        given = tuple(v) if isinstance(v, tuple) else (v,)
        if len(given) != len(self.wrt):
            raise ArgumentTypeError(
                f"{self.name}.hvp() takes {len(self.wrt)} vectors ({', '.join(self.wrt)}), not {len(given)}"
            )
        return self._derivative(HVP)(*self._all(args), *given)

    def hessian_diagonal(self, /, *args: Any, out: Any = None, **kwargs: Any) -> Any:
        """The diagonal of the Hessian, of the shape of the argument in `wrt`; a tuple where `wrt` is one."""
        self._need_scalar("hessian_diagonal")
        return self._derivative(HESSIAN_DIAGONAL)(*args, out=out, **kwargs)

    def jacobian(self, /, *args: Any, mode: str = "auto", dense: bool = False, out: Any = None, **kwargs: Any) -> Any:
        """The derivative of an array-valued function.

        Parameters
        ----------
        mode
            "forward", "reverse", or "auto": reverse where the value has fewer axes than what it is derived by. Both
            give the same numbers, computed in another order.
        dense, out
            As for `hessian`.

        Returns
        -------
        numpy.ndarray or scipy.sparse array
            Of shape ``value.shape + w.shape``, or where it is structurally sparse a matrix over both raveled. A tuple
            where `wrt` is one.
        """
        self._need_free("jacobian", mode=mode, dense=dense)
        if mode not in ("auto", "forward", "reverse"):
            raise ArgumentError(f"mode is 'auto', 'forward' or 'reverse', not {mode!r}")
        chosen = self._chosen(JACOBIAN) if mode == "auto" else JACOBIAN_REVERSE if mode == "reverse" else JACOBIAN
        return self._derivative(chosen, dense)(*args, out=out, **kwargs)

    def gauss_newton(self, /, *args: Any, dense: bool = False, out: Any = None, **kwargs: Any) -> Any:
        """``JᵀJ`` and ``Jᵀr`` of residuals r with Jacobian J, which is never stored.

        Returns
        -------
        JtJ
            As `hessian` gives it.
        Jtr
            As a gradient.
        """
        self._need_free("gauss_newton", dense=dense)
        return self._derivative(GAUSS_NEWTON, dense)(*args, out=out, **kwargs)

    @unforked
    def sparsity(self, what: str, /, *args: Any, **kwargs: Any) -> Any:
        """The pattern of a derivative, without evaluating it.

        Parameters
        ----------
        what
            "hessian", "jacobian" or "gauss_newton".
        *args, **kwargs
            The arguments. Without any, what is known of the structure alone.

        Returns
        -------
        str, scipy.sparse.csr_array of bool, or None
            With arguments the pattern, None where it is dense. Without, a word for the layout: "dense", "diagonal",
            "rows" (one block a row), "slots" or "zero". In the nesting of the derivative itself.
        """
        if what not in ("hessian", "jacobian", "gauss_newton"):
            raise ArgumentError(f"what is 'hessian', 'jacobian' or 'gauss_newton', not {what!r}")
        from gradc.derivatives import form_of, stored_blocks
        from gradc.runtime.blocks import handed

        mode = self._chosen(MODES[what])
        derived = self._derived(mode)
        form = form_of(mode.name, derived, len(self.wrt), self._single)
        if args or kwargs:
            patterns = self._derivative(mode).patterns(self._in_order(args, kwargs))
        else:
            patterns = [block.kind for block in stored_blocks(derived)]
        return handed(form[0] if what == "gauss_newton" and isinstance(form, tuple) else form, patterns)

    def has(self, what: str) -> bool:
        """Whether a derivative exists: an array has a Jacobian alone, and no Hessian."""
        return self._is_scalar or (what in MODES and MODES[what].of_arrays)

    @unforked
    def closed_form(self, what: str = "hessian", *, dense: bool = True) -> Program:
        """The program of a derivative, which prints as index notation and can be compiled and differentiated again.

        Parameters
        ----------
        what
            "hessian", "value_grad_hessian", "hvp", "hessian_diagonal", "jacobian", "jacobian_reverse" or
            "gauss_newton".
        dense
            Whether the program gives whole arrays, or the values of what is structurally sparse.
        """
        if what not in SECOND:
            raise ArgumentError(f"what is one of {', '.join(SECOND)}, not {what!r}")
        return self._derived(SECOND[what].whole if dense else SECOND[what]).program

    # --- points, sizes ----------------------------------------------------------------------------------------------

    def map(self, /, *args: Any, out: Any = None, **kwargs: Any) -> Any:
        """The value at many points: each argument with one more leading axis than the signature says has a row a point.

        The other arguments are shared by all points, as `jax.vmap` shares them. In C a loop runs over the points, one
        in each lane of a vector, and is compiled when points first come by these arguments.

        Returns
        -------
        numpy.ndarray
            The values, along a leading axis.

        Raises
        ------
        UnsupportedError
            For a loss with a scan or a routine of linear algebra that depends on the point.

        Examples
        --------
        >>> k = gradc.compile("(a - x)**2 + 100*(y - x**2)**2", "x, y, a", wrt=("x", "y"))
        >>> k.map(x=np.array([1.0, 2.0]), y=np.array([1.0, 3.0]), a=1.0)
        array([  0., 101.])
        """
        return self._map(VALUE, args, kwargs, out)

    def map_value_and_grad(self, /, *args: Any, out: Any = None, **kwargs: Any) -> Any:
        """Value and gradient at many points; see `map`. Gradients are each point's own, by shared arguments too.

        Examples
        --------
        >>> k = gradc.compile("a * x**2", "x, a", wrt=("x", "a"))
        >>> values, (by_x, by_a) = k.map_value_and_grad(np.array([1.0, 2.0]), 3.0)
        >>> values, by_x, by_a
        (array([ 3., 12.]), array([ 6., 12.]), array([1., 4.]))
        """
        self._need_scalar("map_value_and_grad")
        return self._map(VALUE_AND_GRAD, args, kwargs, out)

    @unforked
    def specialize(self, /, **sizes: int) -> Kernel:
        """The kernel in which dimensions have a size known to the C compiler: ``k.specialize(d=40)``.

        Loops over such a dimension unroll, and the arguments must have its size. It pays for small ones.

        Examples
        --------
        >>> k = gradc.compile("sum((X @ w)**2)", "w[d], X[n,d]", name="squares")
        >>> k.specialize(d=3)
        <gradc kernel squares_d3(w[3], X[n,3]), wrt w, float64>
        """
        checked: dict[str, int] = {}
        for dim, number in sizes.items():
            if dim not in self.dims:
                known = f"its dimensions are {', '.join(self.dims)}" if self.dims else "it has no dimensions"
                raise ArgumentTypeError(f"{self.name}.specialize() got {dim!r}; {known}")
            checked[dim] = check_size(number, f"{self.name}.specialize()", dim)
        if not checked:
            raise ArgumentTypeError(f"{self.name}.specialize() needs a size, such as {', '.join(self.dims)}=40")
        name = "_".join([self.name, *(f"{dim}{number}" for dim, number in checked.items())])
        memory = self._memory and self._memory.derived(repr((name, checked)))
        facts = memory.facts() if memory else None
        if memory and facts:
            kernel = Kernel._recalled(facts, memory, self.backend, self._threads.given)
            kernel._made_of, kernel._origin = self._made_of, self._origin
            return kernel
        from gradc import programs

        program = programs.specialised(self.program, checked)
        written = None
        if self._facts["written"] is not None:
            written = programs.specialised(self.written, checked)
        kernel = Kernel(program, self.options._replace(name=name), self.rewrites, written)
        kernel._memory = memory
        kernel._made_of, kernel._origin = self._made_of, self._origin
        return kernel

    def workspace_bytes(self, mode: str = "", /, **dims: int) -> int:
        """The bytes of scratch that a call takes beside its arguments and results; 0 where nothing is compiled.

        Parameters
        ----------
        mode
            "value", "value_and_grad" and so on, as the methods are called; the one that `bind` uses if left out.
        **dims
            The length of each dimension of the signature.

        Examples
        --------
        >>> k = gradc.compile("sum((X @ w)**2)", "w[d], X[n,d]")
        >>> k.workspace_bytes(n=10**7, d=8) == k.workspace_bytes(n=10**6, d=8)
        True
        """
        chosen = MODES.get(mode) if mode else self._usual
        if chosen is None:
            raise ArgumentError(f"mode is one of {', '.join(MODES)}, not {mode!r}")
        if not chosen.second and not self.has(chosen.name):
            self._need_scalar(chosen.name)
        return int(self._mode(chosen).workspace_bytes(**dims))

    def bind(self, what: str = "value_and_grad", /, *, dense: bool = False, out: Any = None, **fixed: Any) -> Any:
        """Fix some arguments; gives a function of the others, for optimisers.

        Parameters
        ----------
        what
            What the function gives: "value_and_grad" as ``scipy.optimize.minimize(bound, w, jac=True)`` takes it, with
            the value alone as its `value`; or "hessian", "hvp", "hessian_diagonal", "value_grad_hessian", "jacobian" or
            "gauss_newton" as the methods do, "hvp" of the arguments and the vectors: ``bound(w, v)``.
        dense
            Ask for arrays also where a derivative is structurally sparse.
        out
            Where each call writes its result, which it returns; it is overwritten by the next. For a second
            derivative or a Jacobian it is a result of an earlier call. By default every result is a fresh one.
        **fixed
            The arguments that are fixed. Arrays are checked once and kept, not copied, so what is later written to them
            is seen. Where a result is sparse, arrays of whole numbers, from which the pattern comes, are copied.

        Examples
        --------
        >>> k = gradc.compile("sum(exp(x - y))", "x[n], y[n]")
        >>> y = np.zeros(3)
        >>> hessian = k.bind("hessian", y=y)
        >>> H = hessian(np.zeros(3))
        >>> refill = k.bind("hessian", y=y, out=H)
        >>> refill(np.log([1.0, 2.0, 3.0])) is H
        True
        >>> H.diagonal()
        array([1., 2., 3.])
        """
        self._need_free("bind", dense=dense)
        if what == "value_and_grad":
            return Bound(self, fixed, out)
        if what not in SECOND:
            raise ArgumentError(f"what is 'value_and_grad' or one of {', '.join(SECOND)}, not {what!r}")
        if not self.has(what):
            self._need_scalar(what)
        return self._derivative(self._chosen(SECOND[what]), dense).bind(out=out, **fixed)

    # --- what it is ---------------------------------------------------------------------------------------------------

    @property
    def options(self) -> Options:
        """All that was asked for, with what was set since."""
        return self._options._replace(backend=self.backend, threads=self._threads.given)

    @property
    def threads(self) -> int:
        """How many threads the next call may use, where the kernel has loops long enough; results do not depend on it.

        It can be set, also by None for what `GRADC_NUM_THREADS`, else `OMP_NUM_THREADS`, else the machine says. A
        process that was forked makes threads of its own.
        """
        return self._threads.count

    @threads.setter
    def threads(self, count: int | None) -> None:
        self._threads.count = count

    @once
    def c_source(self) -> str:
        """The C of all entry points in one file, as ``gradc build`` writes it."""
        return self.source().c

    @once
    def header(self) -> str:
        """The header of `c_source`."""
        return self.source().header

    @property
    def gradient(self) -> Program:
        """The program of value and gradient."""
        return self.unit(VALUE_AND_GRAD if self._is_scalar else VJP).program

    @unforked
    def source(self) -> Source:
        """The C and the header of all entry points."""
        from gradc.units import render

        return render(self.units(), self.program, self.name, self.dtype)

    def units(self) -> list[Unit]:
        """The entry points of a shipped kernel."""
        return [self.unit(mode) for mode in (VALUE, FORWARD, BACKWARD, VALUE_AND_GRAD if self._is_scalar else VJP)]

    @unforked
    def unit(self, mode: Mode | str) -> Unit:
        """One entry point: program, C and record."""
        from gradc import programs

        mode = MODES[mode] if isinstance(mode, str) else mode
        if mode.second:
            return self._emitted(self._derived(mode).program, mode.label)
        program, source = programs.derive(self.program, mode.name, self.wrt, stable=self.stabilised), self.program
        if mode.points:
            program, source = programs.mapped(program, mode.points), programs.mapped(source, mode.points)
        unit = self._emitted(program, mode.label, source)
        if mode.name in (VALUE_AND_GRAD.name, VJP.name):
            gradients: Any = 1 if self._single else tuple(range(1, 1 + len(self.wrt)))
            return unit._replace(entry=unit.entry._replace(returns=(0, gradients)))
        return unit

    def _emitted(self, program: Program, called: str, source: Program | None = None) -> Unit:
        """A program as this kernel's options ask for it: the one way from a derivative of `source` to C."""
        from gradc.programs import compensated
        from gradc.units import emit

        if self.reduce == "compensated":
            program = compensated(program)
        source = self.program if source is None else source
        return emit(program, called, self.name, self.dtype, precise=self.precise, source=source)

    def __repr__(self) -> str:
        wrt = self.wrt[0] if self._single else f"({', '.join(self.wrt)})"
        return f"<gradc kernel {self.name}({self.signature}), wrt {wrt}, {self.dtype}>"

    def __getstate__(self) -> dict[str, Any]:
        return {"facts": self._all_facts(), "backend": self.backend, "threads": self._threads.given}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self._set(state["facts"], state["backend"], state["threads"])

    def _all_facts(self) -> dict[str, Any]:
        """What `_set` needs, and the program's text and names."""
        program = self.program
        return {
            **self._facts,
            "program": self._facts.get("program") or str(program),
            "names": (program.output_names, program.hints),
        }

    # --- inside -------------------------------------------------------------------------------------------------------

    def _need_scalar(self, what: str) -> None:
        if not self._is_scalar:
            raise NotDifferentiableError(
                f"{self.name} gives an array, which has no gradient; {what} is for scalar losses, vjp and jvp for "
                "arrays"
            )

    def _need_free(self, method: str, **options: Any) -> None:
        """Refuse an option of a method that is given where the loss has an argument of its name: which is meant?"""
        for name, value in options.items():
            if name in self.arguments and not (value is False or (isinstance(value, str) and value == "auto")):
                raise ArgumentTypeError(
                    f"{self.name}.{method}(): {name} is an option of {method}() and an argument of {self.name}, so it "
                    "cannot be given by name; give the argument by position, or give it another name"
                )

    @property
    def _usual(self) -> Mode:
        """What optimisers ask for."""
        return VALUE_AND_GRAD if self._is_scalar else VALUE

    def _mode(self, mode: Mode) -> Any:
        call = self._calls.get(mode.key)
        if call is None:
            with unforked, self._lock:
                call = self._calls.get(mode.key)
                if call is None:
                    start = time.perf_counter()
                    call = self._calls[mode.key] = build(self, mode)
                    self._seconds += time.perf_counter() - start
        return call if self._origin is None else Watched(self, call)

    def _compare(self, values: Sequence[Any]) -> None:
        """Compare the function that this kernel was made from with its trace, once, and remember that they agree."""
        origin = self._origin
        if origin is None:
            return
        if not origin.compared:
            origin.compare(values, self.dtype, self._seconds)
        if origin.compared:
            self._origin = None
            if self._memory is not None and self._memory.facts() is not None:
                self._memory.keep_facts({**self._all_facts(), "compared": True})

    @unforked
    def _derived(self, mode: Mode) -> Derived:
        from gradc.derivatives import derive

        if mode.key not in self._derivatives:
            derived = derive(mode.name, self.program, self.wrt, dense=mode.dense, stable=self.stabilised)
            self._derivatives[mode.key] = derived
        return self._derivatives[mode.key]

    def _derivative(self, mode: Mode, dense: bool = False) -> Any:
        mode = mode.whole if dense else mode
        found = self._assembled.get(mode.key)
        if found is None:
            found = self._assembled[mode.key] = assemble(self, mode)
        return found if self._origin is None else Watched(self, found)

    def _chosen(self, mode: Mode) -> Mode:
        """The mode that computes what is asked for: a Jacobian in reverse where the value has fewer axes."""
        if mode.name != JACOBIAN.name:
            return mode
        rank = len(self.program.arrays()[self.program.outputs[0]].shape)
        shapes = [parameter.shape for parameter in self.program.parameters if parameter.name in self.wrt]
        if rank >= max(len(shape) for shape in shapes):
            return mode
        return JACOBIAN_REVERSE.whole if mode.dense else JACOBIAN_REVERSE

    def _map(self, mode: Mode, args: tuple[Any, ...], kwargs: Mapping[str, Any], out: Any) -> Any:
        from gradc.runtime.arguments import gather

        called = f"{self.name}_map_{mode.name}"
        values = gather(called, self.arguments, args, kwargs)
        mapped = [
            name
            for name, value, rank in zip(self.arguments, values, self._ranks, strict=True)
            if np.ndim(value) == rank + 1
        ]
        if not mapped:
            raise ArgumentError(
                f"{called}(): no argument has one more axis than the signature {self.signature} says, with a row for "
                "each point"
            )
        call = self._mode(mode.at_points(mapped))
        if isinstance(call, Watched):
            if all(len(value) for name, value in zip(self.arguments, values, strict=True) if name in mapped):
                first = [v[0] if name in mapped else v for name, v in zip(self.arguments, values, strict=True)]
                self._compare(first)
            call = call.call
        return call(*values, out=out)

    def _in_order(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Any, ...]:
        if not kwargs:
            return args
        from gradc.runtime.arguments import gather

        return tuple(gather(self.name, self.arguments, args, kwargs))

    def _all(self, args: Sequence[Any]) -> tuple[Any, ...]:
        if not isinstance(args, (tuple, list)) or len(args) != len(self.arguments):
            count = f"{len(args)}" if isinstance(args, (tuple, list)) else type(args).__name__
            raise ArgumentTypeError(
                f"{self.name}: args is a tuple of all {len(self.arguments)} arguments ({', '.join(self.arguments)}), "
                f"got {count}"
            )
        return tuple(args)

    def _packed(self, results: Any) -> Any:
        if self._single:
            return results[0] if isinstance(results, (tuple, list)) else results
        return tuple(results) if isinstance(results, (tuple, list)) else (results,)

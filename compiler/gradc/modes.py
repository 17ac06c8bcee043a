"""The modes: what can be asked for of a loss. This is the only list of them.

    HESSIAN.label                           # "hessian", as its method, its entry point in C and --with call it
    HESSIAN.whole.label                     # "hessian_dense"
    VALUE.at_points(("x", "y")).label       # "map_value"

`gradc.programs` has the programs of the modes of first order, and `gradc.derivatives` those of the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property


@dataclass(frozen=True)
class Mode:
    """One way to compile a loss.

    Parameters
    ----------
    name
        As users ask for it.
    second
        Whether it is a second derivative or a Jacobian, whose results come in blocks.
    of_arrays
        Whether a loss that gives an array has it.
    sparse
        Whether its blocks may be sparse, so that asking for whole arrays makes a difference.
    chosen
        Whether gradc chooses it in the place of another, so that nobody builds it ahead of time by its name.
    dense
        Whether its blocks are whole arrays all the same.
    points
        The arguments that have a row for each of many points.
    """

    name: str
    second: bool = False
    of_arrays: bool = True
    sparse: bool = False
    chosen: bool = False
    dense: bool = False
    points: tuple[str, ...] = ()

    @cached_property
    def label(self) -> str:
        """What its entry point is called, behind the kernel's name."""
        return f"{'map_' if self.points else ''}{self.name}{'_dense' if self.dense else ''}"

    @cached_property
    def key(self) -> str:
        """A text that tells it from all other modes of one loss."""
        return f"{self.label}@{','.join(self.points)}" if self.points else self.label

    @property
    def whole(self) -> Mode:
        """The same in whole arrays, which it gives anyway where nothing of it is sparse."""
        return replace(self, dense=True) if self.sparse else self

    def at_points(self, arguments: Iterable[str]) -> Mode:
        """The same at many points; these arguments have a row for each."""
        return replace(self, points=tuple(arguments))


VALUE = Mode("value")
FORWARD = Mode("forward")
BACKWARD = Mode("backward")
VALUE_AND_GRAD = Mode("value_and_grad", of_arrays=False)
VJP = Mode("vjp")
JVP = Mode("jvp")

HESSIAN = Mode("hessian", second=True, of_arrays=False, sparse=True)
VALUE_GRAD_HESSIAN = Mode("value_grad_hessian", second=True, of_arrays=False, sparse=True)
HVP = Mode("hvp", second=True, of_arrays=False)
HESSIAN_DIAGONAL = Mode("hessian_diagonal", second=True, of_arrays=False)
JACOBIAN = Mode("jacobian", second=True, sparse=True)
JACOBIAN_REVERSE = Mode("jacobian_reverse", second=True, sparse=True, chosen=True)
GAUSS_NEWTON = Mode("gauss_newton", second=True, sparse=True)

FIRST = {mode.name: mode for mode in (VALUE, FORWARD, BACKWARD, VALUE_AND_GRAD, VJP, JVP)}
SECOND = {
    mode.name: mode
    for mode in (HESSIAN, VALUE_GRAD_HESSIAN, HVP, HESSIAN_DIAGONAL, JACOBIAN, JACOBIAN_REVERSE, GAUSS_NEWTON)
}
MODES = FIRST | SECOND
# What can be built ahead of time beside the modes of first order, by its label.
SHIPPED = {mode.label: mode for mode in SECOND.values() if not mode.chosen}
SHIPPED |= {mode.whole.label: mode.whole for mode in SHIPPED.values() if mode.sparse}

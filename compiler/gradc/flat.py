"""Parameters as one vector, and a loss as a function of it, as optimisers want both.

>>> import numpy as np
>>> vector, unflatten = flatten({"b": 3.0, "W": np.ones((1, 2))}, "params")
>>> vector
array([1., 1., 3.])
>>> unflatten(2 * vector)
{'W': array([[2., 2.]]), 'b': 6.0}
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from gradc.errors import ArgumentError, ArgumentTypeError, NotDifferentiableError
from gradc.frontends.structures import MisfitError, Structure

Vector = npt.NDArray[Any]


class Unflatten:
    """From a vector to the tree that it was made of: leaves one after the other, each in C order.

    Parameters
    ----------
    tree
        The parameters.
    path
        What messages call them.
    """

    def __init__(self, tree: Any, path: str) -> None:
        self.structure = Structure(tree, path)
        leaves = [np.asarray(leaf) for leaf in self.structure.first]
        for leaf, where in zip(leaves, self.structure.paths, strict=True):
            if leaf.dtype.kind != "f":
                raise NotDifferentiableError(
                    f"{where} holds {leaf.dtype}, and a vector of parameters holds floats alone"
                )
        self.path = path
        self.shapes = [leaf.shape for leaf in leaves]
        self.sizes = [leaf.size for leaf in leaves]
        self.size = sum(self.sizes)
        self.dtype = np.result_type(*leaves) if leaves else np.dtype(np.float64)
        self._numbers = [type(leaf) is float for leaf in self.structure.first]
        self._cuts = [int(cut) for cut in np.cumsum([0, *self.sizes])]

    def __call__(self, vector: Any) -> Any:
        """The tree that a vector holds; its arrays are parts of the vector, and not copies.

        Raises
        ------
        ArgumentError
            For a vector of another length.
        """
        return self.structure.build(self.leaves(vector))

    def leaves(self, vector: Any) -> list[Any]:
        """The leaves that a vector holds."""
        given = np.asarray(vector, self.dtype)
        if given.shape != (self.size,):
            raise ArgumentError(f"{self.path} is a vector of {self.size} numbers, not an array of shape {given.shape}")
        cuts = self._cuts
        return [
            float(given[start]) if number else given[start:stop].reshape(shape)
            for number, shape, start, stop in zip(self._numbers, self.shapes, cuts, cuts[1:], strict=False)
        ]

    def vector(self, tree: Any) -> Vector:
        """The vector of another tree of this structure and of these shapes.

        Raises
        ------
        ArgumentTypeError, ArgumentError
            Where structure or shapes are others.
        """
        try:
            leaves = self.structure.leaves(tree)
        except MisfitError:
            raise ArgumentTypeError(f"{self.path} has another structure than what was flattened before") from None
        for leaf, shape, where in zip(leaves, self.shapes, self.structure.paths, strict=True):
            if np.shape(leaf) != shape:
                raise ArgumentError(f"{where} has the shape {np.shape(leaf)}, and had {shape} when it was flattened")
        return self.joined(leaves)

    def joined(self, leaves: Sequence[Any]) -> Vector:
        """One vector of leaves."""
        return np.concatenate([np.ravel(leaf) for leaf in leaves]) if leaves else np.zeros(0)


def flatten(tree: Any, path: str) -> tuple[Vector, Unflatten]:
    """A tree of floats as one vector, and what makes a tree of a vector."""
    unflatten = Unflatten(tree, path)
    return unflatten.joined(unflatten.structure.first).astype(unflatten.dtype, copy=False), unflatten


class FlatLoss:
    """A loss as a function of one vector, the other arguments fixed.

    Parameters
    ----------
    loss
        A `Kernel` or a `Family`.
    unflatten
        What makes the parameters of a vector.
    args, kwargs
        All arguments of the loss.
    free
        Which of `args` are the parameters: one, or several whose tuple `unflatten` makes.
    single
        Whether it is one.
    """

    def __init__(
        self,
        loss: Any,
        unflatten: Unflatten,
        args: Sequence[Any],
        kwargs: dict[str, Any],
        free: Sequence[int],
        single: bool,
    ) -> None:
        self.loss, self.unflatten = loss, unflatten
        self._args, self._kwargs, self._free, self._single = list(args), kwargs, tuple(free), single

    def __call__(self, x: Any) -> Any:
        """Value and gradient, as ``scipy.optimize.minimize(…, jac=True)`` takes them."""
        value, gradient = self.loss.value_and_grad(*self._at(x), **self._kwargs)
        return value, self._vector(gradient)

    def value(self, x: Any) -> Any:
        """The value."""
        return self.loss(*self._at(x), **self._kwargs)

    def grad(self, x: Any) -> Vector:
        """The gradient, of the shape of `x`."""
        return self._vector(self.loss.grad(*self._at(x), **self._kwargs))

    def hessian(self, x: Any) -> Vector:
        """The Hessian: one square matrix over all parameters."""
        found = self.loss.hessian(*self._at(x), dense=True, **self._kwargs)
        structure, sizes = self.unflatten.structure, self.unflatten.sizes
        rows = [self._leaves(row) for row in self._leaves(found)] if structure.key != "*" else [[found]]
        blocks = [
            [np.reshape(block, (height, width)) for block, width in zip(row, sizes, strict=True)]
            for row, height in zip(rows, sizes, strict=True)
        ]
        return np.concatenate([np.concatenate(row, axis=1) for row in blocks]) if blocks else np.zeros((0, 0))

    def hvp(self, x: Any, v: Any) -> Vector:
        """The product of the Hessian with a vector, as ``hessp`` takes it."""
        return self._vector(self.loss.hvp(tuple(self._at(x)), self.unflatten(v), **self._kwargs))

    def jacobian(self, x: Any) -> Vector:
        """The Jacobian of a loss that gives an array: a matrix with a column for each parameter."""
        found = self.loss.jacobian(*self._at(x), dense=True, **self._kwargs)
        blocks = [
            np.reshape(block, (-1, size)) for block, size in zip(self._leaves(found), self.unflatten.sizes, strict=True)
        ]
        return np.concatenate(blocks, axis=1)

    def _at(self, x: Any) -> list[Any]:
        args, tree = self._args.copy(), self.unflatten(x)
        for place, part in zip(self._free, (tree,) if self._single else tree, strict=True):
            args[place] = part
        return args

    def _leaves(self, tree: Any) -> list[Any]:
        return self.unflatten.structure.leaves(tree)

    def _vector(self, tree: Any) -> Vector:
        return self.unflatten.joined(self._leaves(tree))

    def __repr__(self) -> str:
        return f"<{self.loss!r} as a function of a vector of {self.unflatten.size}>"

"""Vectors as values: a block of neurons in the processor's registers, for use inside compiled functions.

Numba compiles loops over arrays and leaves it to LLVM to find vectors in them. A sum that is fed from a list of events is
then loaded and stored at every event. Here a block of 64 or 128 float32 is a value like any other: a local variable of
this type lives in registers for as long as it is in use.

    total = load(total, rows, at)       the block of an array that starts at an index, as wide as `total`
    total = total + decay * total       element by element, each operation rounded on its own
    total = choose(at_least(total, threshold), zero, total)

LLVM splits the blocks into whatever the processor has: 8 registers of AVX-512 or 32 of SSE2 for 128 numbers. Nothing is
fused or reordered, so every element has the same value on every processor and for every width. Nothing is compiled on
the user's machine but by numba.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core.extending import intrinsic, models, overload, register_model

# Sums over the elements of a block are taken in groups of this many; see `fold`.
GROUP = 16
_FLOAT, _INDEX = ir.FloatType(), ir.IntType(32)


class Vector(types.Type):
    """The type of a block of float32."""

    def __init__(self, lanes: int):
        self.lanes = lanes
        super().__init__(name=f"Vector({lanes})")


class Mask(types.Type):
    """The type of a block of truth values."""

    def __init__(self, lanes: int):
        self.lanes = lanes
        super().__init__(name=f"Mask({lanes})")


def _floats(lanes: int) -> ir.VectorType:
    return ir.VectorType(_FLOAT, lanes)


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, _floats(kind.lanes))


@register_model(Mask)
class _MaskModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, ir.VectorType(ir.IntType(1), kind.lanes))


def _repeat(builder: ir.IRBuilder, number: ir.Value, lanes: int) -> ir.Value:
    nothing = ir.Constant(_floats(lanes), ir.Undefined)
    first = builder.insert_element(nothing, number, ir.Constant(_INDEX, 0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(_INDEX, lanes), [0] * lanes))


def _part(builder: ir.IRBuilder, vector: ir.Value, start: int, lanes: int) -> ir.Value:
    places = ir.Constant(ir.VectorType(_INDEX, lanes), list(range(start, start + lanes)))
    return builder.shuffle_vector(vector, vector, places)


def _address(context, builder: ir.IRBuilder, kind, array: ir.Value, at: ir.Value, lanes: int) -> ir.Value:
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [at]), _floats(lanes).as_pointer())


@intrinsic(prefer_literal=True)
def repeat(typing, number, lanes):
    """A block of `lanes`, a constant, that holds one number everywhere."""
    if not isinstance(lanes, types.IntegerLiteral):
        return None
    width = lanes.literal_value

    def generate(context, builder, signature, arguments):
        return _repeat(builder, arguments[0], width)

    return Vector(width)(types.float32, lanes), generate


@intrinsic
def like(typing, vector, number):
    """A block as wide as `vector` that holds one number everywhere."""

    def generate(context, builder, signature, arguments):
        return _repeat(builder, arguments[1], vector.lanes)

    return vector(vector, types.float32), generate


@intrinsic
def width_of(typing, vector):
    """The number of elements of a block."""

    def generate(context, builder, signature, arguments):
        return context.get_constant(types.uint64, vector.lanes)

    return types.uint64(vector), generate


@intrinsic
def load(typing, vector, array, at):
    """The block of a flat array that starts at index `at`, as wide as `vector`."""

    def generate(context, builder, signature, arguments):
        place = _address(context, builder, signature.args[1], arguments[1], arguments[2], vector.lanes)
        found = builder.load(place)
        found.align = 4
        return found

    return vector(vector, array, types.uint64), generate


@intrinsic
def store(typing, array, at, vector):
    """Write a block into a flat array from index `at` on."""

    def generate(context, builder, signature, arguments):
        place = _address(context, builder, signature.args[0], arguments[0], arguments[1], vector.lanes)
        builder.store(arguments[2], place).align = 4
        return context.get_dummy_value()

    return types.void(array, types.uint64, vector), generate


@intrinsic
def at_least(typing, vector, bound):
    """Where `vector` >= `bound`; false for NaN."""

    def generate(context, builder, signature, arguments):
        return builder.fcmp_ordered(">=", *arguments)

    return Mask(vector.lanes)(vector, vector), generate


@intrinsic
def choose(typing, mask, true, false):
    """The elements of `true` where `mask` holds and those of `false` elsewhere."""

    def generate(context, builder, signature, arguments):
        return builder.select(*arguments)

    return true(mask, true, true), generate


@intrinsic
def magnitude(typing, vector):
    """The absolute values."""

    def generate(context, builder, signature, arguments):
        bits = ir.VectorType(_INDEX, vector.lanes)
        unsigned = ir.Constant(bits, [0x7FFFFFFF] * vector.lanes)
        return builder.bitcast(builder.and_(builder.bitcast(arguments[0], bits), unsigned), _floats(vector.lanes))

    return vector(vector), generate


@intrinsic
def fold(typing, total, vector):
    """`total`, a block of `GROUP` elements, plus the groups of `GROUP` elements of a block, one after the other."""

    def generate(context, builder, signature, arguments):
        found = arguments[0]
        for start in range(0, vector.lanes, GROUP):
            found = builder.fadd(found, _part(builder, arguments[1], start, GROUP))
        return found

    return total(total, vector), generate


@intrinsic
def total_of(typing, vector):
    """The sum of all elements: halves are added until one is left."""

    def generate(context, builder, signature, arguments):
        total, lanes = arguments[0], vector.lanes
        while lanes > 1:
            lanes //= 2
            total = builder.fadd(_part(builder, total, 0, lanes), _part(builder, total, lanes, lanes))
        return builder.extract_element(total, ir.Constant(_INDEX, 0))

    return types.float32(vector), generate


@intrinsic(prefer_literal=True)
def element(typing, vector, number):
    """One element of a block, `number` being a constant."""
    if not isinstance(number, types.IntegerLiteral):
        return None

    def generate(context, builder, signature, arguments):
        return builder.extract_element(arguments[0], ir.Constant(_INDEX, number.literal_value))

    return types.float32(vector, number), generate


@intrinsic
def pair(typing, vector, first, second):
    """The block `vector` with other numbers for its first two elements."""

    def generate(context, builder, signature, arguments):
        changed = builder.insert_element(arguments[0], arguments[1], ir.Constant(_INDEX, 0))
        return builder.insert_element(changed, arguments[2], ir.Constant(_INDEX, 1))

    return vector(vector, types.float32, types.float32), generate


@intrinsic
def word_of(typing, mask, number):
    """64 truth values of a mask as the bits of an integer, from element 64 times `number` on."""
    bits = ir.IntType(mask.lanes)

    def generate(context, builder, signature, arguments):
        whole = builder.bitcast(arguments[0], bits)
        shift = builder.mul(arguments[1], ir.Constant(ir.IntType(64), 64))
        shift = builder.zext(shift, bits) if mask.lanes > 64 else shift
        return builder.trunc(builder.lshr(whole, shift), ir.IntType(64)) if mask.lanes > 64 else whole

    return types.uint64(mask, types.uint64), generate


@intrinsic
def lowest_bit(typing, word):
    """The position of the lowest bit that is set; `word` is not 0."""

    def generate(context, builder, signature, arguments):
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), generate


def _arithmetic(symbol: Callable[[Any, Any], Any], instruction: str) -> None:
    @intrinsic
    def combine(typing, left, right):
        def generate(context, builder, signature, arguments):
            return getattr(builder, instruction)(*arguments)

        return left(left, left), generate

    @overload(symbol, inline="always")
    def _overload(left, right):
        if isinstance(left, Vector) and left == right:
            return lambda left, right: combine(left, right)
        return None


_arithmetic(operator.add, "fadd")
_arithmetic(operator.sub, "fsub")
_arithmetic(operator.mul, "fmul")
_arithmetic(operator.truediv, "fdiv")

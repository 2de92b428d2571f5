"""How the engine's functions are compiled: one decorator for plain loops, one for blocks of vectors."""

from __future__ import annotations

from snndeep.compilation import compiler

# Sums may be reordered and multiplications fused. NaN and infinity keep their meaning: an infinite threshold makes a
# neuron that never fires, and a diverging run must be seen as such. Division follows numpy (no check for a zero
# denominator), without which no loop with a division is vectorised.
compiled = compiler("the custom engine", {"fastmath": {"reassoc", "contract", "nsz", "arcp"}, "error_model": "numpy"})

# Each operation is rounded on its own and in the order in which it is written, so results are the same on every processor.
# Without the lock of Python, so that several threads can work.
exact = compiler("the custom engine", {"error_model": "numpy", "nogil": True})

"""How the engine's functions are compiled: one decorator for all of them."""

from __future__ import annotations

from snndeep.compilation import compiler

# Sums may be reordered and multiplications fused. NaN and infinity keep their meaning: an infinite threshold makes a
# neuron that never fires, and a diverging run must be seen as such. Division follows numpy (no check for a zero
# denominator), without which no loop with a division is vectorised.
compiled = compiler("the custom engine", {"fastmath": {"reassoc", "contract", "nsz", "arcp"}, "error_model": "numpy"})

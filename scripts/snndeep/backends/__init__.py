"""Backends: three implementations of one spiking layer. `base` says what a layer is, `registry` lists them."""

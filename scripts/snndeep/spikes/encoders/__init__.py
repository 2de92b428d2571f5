"""Spike encoders: from values in [0, 1] to spike trains. `base` says what an encoder is, `registry` lists them."""

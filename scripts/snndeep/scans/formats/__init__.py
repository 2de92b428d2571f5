"""The formats of scans and masks that are converted to NIfTI, one module each. `registry` is the way in."""

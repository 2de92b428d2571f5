"""Files as they are kept: written whole, with their provenance beside them, checked when read, pruned when unreached."""

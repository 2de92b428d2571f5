"""From features of slices to one table of samples, its splits, and the scaling and selection fitted on training parts."""

"""From features of slices to the table of samples, its splits, and scaling and selection fitted on training parts."""

"""Jobs that fit models: the search of hyperparameters, the fit of every split, the classical models."""

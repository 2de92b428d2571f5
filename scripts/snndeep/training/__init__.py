"""Jobs that fit models: the hyperparameter search, the fit of every split, the classical models."""

"""How the search proposes trials: Optuna's samplers, one module each."""

"""Learning rules: what to change in a network, whatever implements it. `base` says what a rule is, `registry` lists them."""

"""The plan of a run: the configuration, the stages that it asks for, and the address of each. `plan` is the way in."""

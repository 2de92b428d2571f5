"""The plan of a run: the configuration, the stages that it needs, and the address of each. Start reading at `plan`."""

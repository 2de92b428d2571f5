"""Synthetic abdominal CT with liver and lesion labels, generated from a recipe: nothing needs to be downloaded."""

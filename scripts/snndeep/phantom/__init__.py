"""Synthetic abdominal CT with liver and lesion labels, made from a recipe: nothing needs to be downloaded."""

"""Spike trains: how they are stored, which encoders make them, and one split with all that training needs."""

"""Inspection of a trained model: importance of features, firing rates, the CT slices that a report shows."""

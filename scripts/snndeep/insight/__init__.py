"""What a trained model looks at: importance of features, firing rates, the slices that a report shows."""

"""What leaves a run: model files that need nothing else, predictions for new scans, networks in an exchange format."""

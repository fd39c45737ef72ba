"""Data: find the files, judge them against a contract, and prepare rows for scoring and training."""

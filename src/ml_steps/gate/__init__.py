"""The release decision: a pure function of evidence and rules, a light process without NumPy."""

"""Judging what the linters and the test suite said."""

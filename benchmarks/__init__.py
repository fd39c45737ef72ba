"""Measurements of the module and of the toolkit; each is run by `make`."""

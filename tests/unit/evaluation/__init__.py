"""Evaluation: reading scores, metrics, intervals, evidence."""

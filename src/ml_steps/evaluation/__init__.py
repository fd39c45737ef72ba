"""What a model's predictions are worth: metrics with intervals, and paired differences to a baseline.

`record` is the evidence and needs pydantic only, so that the gate stays a light process; `evaluate`
brings in NumPy, scikit-learn and DuckDB.
"""

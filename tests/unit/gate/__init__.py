"""The gate: rules, claims, defaults, decision."""

"""The trained model: its record, and the manifest that says how it is scored."""

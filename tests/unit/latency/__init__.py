"""Two models timed in turn."""

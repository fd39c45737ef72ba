"""Two models side by side: one driver that asks them in turn, so that what the machine does falls on both alike."""

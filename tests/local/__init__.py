"""The local runner and the commands that run a project, on a tiny project that each test breaks in its own way."""

"""What runs in the project's own environment: standard library only, Python 3.9 or newer, handed over as files.

A command here exits 0 if and only if it left a complete record in its output folder, whatever the
verdict; it exits 10 when the project's command or predictor broke its contract, 11 when the project
is set up wrongly, 12 for a fault of ours or of the machine. So a container that runs it may be cached.
"""

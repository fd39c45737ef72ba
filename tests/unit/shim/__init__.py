"""The shim, run as the files that an environment gets, on small real projects."""

"""Reports by HTTP."""

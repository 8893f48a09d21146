"""One file for each kind of report: which sections it has, and what its summary is made of."""

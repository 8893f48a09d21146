"""Files of tickets on their way in: read, checked, staged, and made tickets all at once."""

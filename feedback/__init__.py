"""What users say: tickets from the complaint to the answer, counted."""

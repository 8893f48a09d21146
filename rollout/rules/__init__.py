"""Who has what, and why: the rules that answers, explanations and sets share. Pure arithmetic."""

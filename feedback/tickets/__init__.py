"""The verbs on tickets: how they come in, what the team does with them, how they end."""

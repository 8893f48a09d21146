"""The verbs on issues, and which issues somebody asks for."""

"""What is raised for a template that cannot be taken."""


class BadTemplate(ValueError):
    """The text breaks a rule: the message names the place (a line, or which step or box) and the rule."""

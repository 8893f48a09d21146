"""How names are spelled outside: camelCase."""


def camel(name: str) -> str:
    """A field's name as documents spell it: `expires_at` is `expiresAt`."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)

"""The admin's pages of rollouts. They are composed and registered by the project."""

"""What rollout announces on the change feed (`operations.feed`)."""

# Whatever answers follow from beside the units: modules, plans, flags, rules, segments, overrides, lists.
FLAGS = "flags"
# By workspace id.
WORKSPACES = "workspaces"

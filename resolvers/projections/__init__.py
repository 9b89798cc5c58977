"""The shop's read models, each declared in a module or package of its own with an attribute `projection`."""

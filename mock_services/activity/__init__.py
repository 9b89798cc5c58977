"""A gentle stream of changes to a running shop, as its customers and staff would make them, over HTTP."""

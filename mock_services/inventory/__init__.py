"""How much of each product lies in which warehouse."""

"""The festival: one graph, a subgraph for each server library. Each prints its address and notes what it is asked."""

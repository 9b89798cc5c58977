"""Who asks, and which rules of the graph they do not fulfil. Knows tokens, keys and rules; no operation and no plan."""

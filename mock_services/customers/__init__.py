"""Who buys: names, addresses, segments."""

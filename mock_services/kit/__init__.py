"""What the shop's services share: operations, batch and page rules, problems, counters, chaos, SQLite, serving."""

"""What stands between a call and its service: how many at once, what is tried again, when nobody is let through."""

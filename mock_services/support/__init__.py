"""Tickets of customers, often about an order."""

"""What was charged for orders, and each customer's balance of it."""

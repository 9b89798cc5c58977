"""What is sold: products as JSON documents whose attributes differ by category."""

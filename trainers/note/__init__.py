"""What only training on notes needs."""

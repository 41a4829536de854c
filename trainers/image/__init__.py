"""What only training on images needs."""

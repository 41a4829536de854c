"""Generators of synthetic demonstration data."""

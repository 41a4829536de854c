"""Preprocessing: one graph for training and for serving."""

"""Resolver strategies: which earlier artifacts a run builds on."""

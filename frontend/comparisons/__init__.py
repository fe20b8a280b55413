"""Simulations side by side."""

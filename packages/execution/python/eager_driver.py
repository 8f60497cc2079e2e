"""Runs a streamed cell."""

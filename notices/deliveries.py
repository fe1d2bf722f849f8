"""Placeholder until the outbox stands."""

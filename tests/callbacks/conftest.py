"""Fixtures of the callbacks' tests."""

from tests.callbacks.listed import services

__all__ = ["services"]

"""Fixtures of the callbacks' tests."""

from tests.callbacks.listed import services
from tests.signing import signed_in, the_gate_is_shut

__all__ = ["services", "signed_in", "the_gate_is_shut"]

"""Tests: sentences of the domain."""

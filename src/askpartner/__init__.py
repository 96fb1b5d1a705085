"""Cited answers from a directory of partner profiles."""

__version__ = "0.1.0"

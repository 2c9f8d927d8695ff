"""Callgauge: what is done to one recorded call, and to many."""

__version__ = "0.1.0"

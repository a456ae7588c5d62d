"""Figures computed from documents: no Flask."""

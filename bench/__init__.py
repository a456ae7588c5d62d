"""Measurements beside a peer: this panel and a stock Flask-Admin on the same data. See README.md."""

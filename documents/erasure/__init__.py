"""How the data of a person end: requests, plans, erasure, proof."""

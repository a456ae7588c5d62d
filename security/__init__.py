"""Keys and ciphers, who may do what, who is acting: pure, no Flask, no database."""

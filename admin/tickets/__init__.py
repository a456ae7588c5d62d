"""What a ticket's page shows beside its fields, and the board of all of them."""

"""What complaints and feedback share: their life, who deals with them, what is kept with them."""

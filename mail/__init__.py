"""Mail: how far it has come, and in whose words it speaks."""

"""What the company promises about its service: prices, help, reviews, corrective actions."""

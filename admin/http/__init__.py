"""What every answer shares: headers, errors, logs, words, health."""

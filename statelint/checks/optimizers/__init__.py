"""SL5: optimizer state."""

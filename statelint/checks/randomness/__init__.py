"""SL6: randomness."""

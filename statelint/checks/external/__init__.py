"""SL8: external state."""

"""SL1: hidden state."""

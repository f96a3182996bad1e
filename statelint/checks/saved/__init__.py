"""SL2: saved values and versions."""

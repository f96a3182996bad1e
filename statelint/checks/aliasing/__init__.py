"""SL3: aliasing."""

"""SL9: caches."""

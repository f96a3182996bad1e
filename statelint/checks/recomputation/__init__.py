"""SL7: simulators and recomputation."""

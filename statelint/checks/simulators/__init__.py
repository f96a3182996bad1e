"""SL7: simulators, loops and recomputation."""

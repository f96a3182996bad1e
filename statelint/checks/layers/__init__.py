"""SL4: stateful layers."""

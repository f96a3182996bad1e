"""Tests of the IR and its lowering."""

"""Storages and the regions of them that views cover."""

from statelint.storage.regions import ALL, Index, Linear, Region, Slice, compose, overlap, rearranged

__all__ = ["ALL", "Index", "Linear", "Region", "Slice", "compose", "overlap", "rearranged"]

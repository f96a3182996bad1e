"""Writes pages of the documentation from what they describe: the tour's programs, the rules, the options."""

"""A plain renderer for terminals: cell widths, styles, wrapped text, annotated source. It knows ANSI codes, no library.

`Screen` is what is known of the terminal; a `Line` is a row of styled text; the other modules make lines.
"""

"""Random programs, linted and run: where the two disagree, the analysis is wrong (or the linter's model of a library).

A *kind* of program has a generator, a truth that is found by running the program, and a way to read the findings.
"""

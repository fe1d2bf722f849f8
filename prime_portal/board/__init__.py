"""The compliance board: PRIME-07 clause by clause, with live evidence (5.1).

figures   what is counted, each from the rows that staff can look at themselves
clauses   the one registry: each clause, its figures, and the tests that guard it
desk      the page
"""

"""The compliance board: PRIME-07 clause by clause, with live evidence (5.1).

parts             what a clause and a figure are, and what leads from a figure to its rows
section_4         the definitions (4.1 to 4.5)
section_5         safeguards, training, no more than needed (5.1 to 5.3)
section_6_notice  notice and access (6.1 to 6.3)
section_6_use     use, disclosure and authorization (6.4 to 6.11)
clauses           all of them, in the order of the policy
desk              the pages: the board, and the rows behind a figure that no list shows
"""

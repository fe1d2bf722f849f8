"""Aggregated usage data that reveals no customer (4.2, 6.11).

rules      how large a group must be, as data
counting   groups of customers, from the months' sums
blocks     groups joined until each keeps the rule
changes    whether one customer shows in the difference of two months
hours      the hours of a day, from packed days
profiles   whether one customer shows in hours beside other hours or months
months     a month closed for good when it is first released
reports    what staff ask for, answered in whole blocks alone
releases   a report let out, kept as it was

Why nothing can be subtracted: when a month is first released it is closed. It is divided once
into blocks, each of which keeps the rule, and their sums are kept. Every report of that month,
at any time, is a sum of whole blocks. So whatever anybody computes from any number of reports
is about whole blocks, and neither a correction nor a customer who leaves changes a report.
Of blocks of two months, and of two hours, the difference is looked at before they go out.
"""

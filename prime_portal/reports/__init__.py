"""The annual report (CPUC rules 4c6, 8c, 9e) and the binder the Commission may ask for (9a).

past      rows as the ledger recorded them, up to one of its entries
sections  what a report is made of: a title, columns and rows of text
grounds   what a recipient acted under, in the reports' words
binder    notices, policies, forms, recipients, and who received what, in a past period
annex     the words of notices, policies and forms, as they stood in the period
annual    third parties, demands by law, breaches and non-compliances of a year
due       which annual reports are owed, and by when
issuing   a report issued: PDF and CSV, kept; and the CSV made again, to compare
desk      the page
"""

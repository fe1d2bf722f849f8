"""A made-up city, for the demo and for measurements. Nothing in it is about anybody real.

loads     how much electricity a household or a shop draws, interval by interval
people    who lives where, as the lines of a roster
building  puts any number of them into the database by the portal's own bulk path
cast      the people of the demo and their places
story     what they have done in the portal so far
incidents one of its past, handled to its end
figures   reports of many customers it has released
words     the texts of the demo's notices
"""

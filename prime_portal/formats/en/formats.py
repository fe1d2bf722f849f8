"""Dates with the month's whole name; input as browsers send it."""

DATE_FORMAT = "F j, Y"
DATETIME_FORMAT = "F j, Y, P"
DATE_INPUT_FORMATS = ["%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y"]

"""The pages staff work on, beside the plain lists of the admin: one desk a module."""

"""One module a job; each has `run(world)`, which returns lines of the table."""

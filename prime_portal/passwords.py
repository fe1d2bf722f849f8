"""Password hashing sized for a small web server."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """Argon2id with 19 MB: Django's 100 MB a sign-in would let eight visitors fill the memory."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1

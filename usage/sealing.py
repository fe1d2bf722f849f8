"""Small secrets encrypted at rest with the portal's field key."""

from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.fernet import Fernet
from django.conf import settings


def _box() -> Fernet:
    return Fernet(urlsafe_b64encode(sha256(settings.FIELD_KEY.encode()).digest()))


def seal(text: str) -> str:
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Give the text back. Raises cryptography.fernet.InvalidToken if it was changed."""
    return _box().decrypt(sealed.encode()).decode()

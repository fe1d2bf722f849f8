"""Small secrets encrypted at rest with the portal's field key."""

from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


def _box(key: str) -> Fernet:
    return Fernet(urlsafe_b64encode(sha256(key.encode()).digest()))


def _boxes() -> MultiFernet:
    """The key in use first: it seals. Those before it open what they sealed."""
    return MultiFernet(_box(key) for key in (settings.FIELD_KEY, *settings.FIELD_KEYS_BEFORE))


def seal(text: str) -> str:
    return _boxes().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Give the text back. Raises cryptography.fernet.InvalidToken if it was changed."""
    return _boxes().decrypt(sealed.encode()).decode()


def reseal(sealed: str) -> str:
    """Return the same sealed with the key in use; untouched if it is already.

    Raises cryptography.fernet.InvalidToken if no key of ours opens it.
    """
    try:
        _box(settings.FIELD_KEY).decrypt(sealed.encode())
    except InvalidToken:
        return seal(unseal(sealed))
    return sealed

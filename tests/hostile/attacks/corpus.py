"""The whole corpus."""

from tests.hostile.attacks.attack import Attack
from tests.hostile.attacks.documents import DOCUMENTS
from tests.hostile.attacks.requests import REQUESTS
from tests.hostile.attacks.values import VALUES

CORPUS: tuple[Attack, ...] = (*DOCUMENTS, *VALUES, *REQUESTS)

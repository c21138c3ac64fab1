"""A user pool of its own for each test, and who is asked what there."""

from typing import Any

from api.identity.directory import Proof, UserDirectory
from tests.cognito.honest_api import HonestApi
from tests.cognito.server import Pool

PASSWORD = "Nine-quiet-Lanterns"
ANOTHER = "Seven-loud-Kettles"


def administer(pool: Pool, operation: str, email: str, **parameters: Any) -> Any:
    return getattr(pool.client, operation)(UserPoolId=pool.settings.cognito_pool_id, Username=email, **parameters)


def asked_since(count: int) -> list[str]:
    return HonestApi.seen[count:]


async def signed_in(directory: UserDirectory, email: str, password: str = PASSWORD) -> Proof:
    proof = await directory.authenticate(email, password)
    assert isinstance(proof, Proof)
    return proof

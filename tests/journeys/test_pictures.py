"""Frames, previews and thumbnails from their signed addresses."""

import io
from datetime import timedelta
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread

from api.backends import Keys
from api.persistence.columns import now
from api.storage.addresses import SignedAddresses
from schema.node_ids import get_key
from tests.graphql_client import GraphQLClient
from tests.journeys.chest import Chest
from tests.people import person
from tests.phantoms import SLICES
from tests.running import RunningServer

STACK = """query ($id: ID!) { node(id: $id) { ... on Stack {
  frameCount rows columns unit signed
  frames { urlTemplate mediaType } previews { urlTemplate mediaType }
  frameTable { index sopInstanceUid rescaleSlope rescaleIntercept position { x y z } }
  series { thumbnail { url mediaType } }
} } }"""


async def test_frames_are_the_phantoms_own_values(chest: Chest, client: GraphQLClient) -> None:
    stack = (await client.ask(STACK, id=chest.stack_id))["node"]
    by_uid = {str(header.SOPInstanceUID): header for header in map(read, chest.files.values())}

    for frame in stack["frameTable"][:: SLICES // 4]:
        response = await client.http.get(stack["frames"]["urlTemplate"].replace("{index}", str(frame["index"])))
        stored = imagecodecs.htj2k_decode(response.content)
        original = by_uid[frame["sopInstanceUid"]]

        assert response.headers["content-type"] == stack["frames"]["mediaType"] == "image/jphc"
        assert np.array_equal(stored, original.pixel_array)
        assert (frame["rescaleSlope"], frame["rescaleIntercept"]) == (1, -1024)
        assert frame["position"]["z"] == pytest.approx(float(original.ImagePositionPatient[2]))
    assert (stack["unit"], stack["frameCount"]) == ("HU", SLICES)


async def test_previews_and_the_thumbnail_are_pictures(chest: Chest, client: GraphQLClient) -> None:
    stack = (await client.ask(STACK, id=chest.stack_id))["node"]
    preview = await client.http.get(stack["previews"]["urlTemplate"].replace("{index}", "20"))
    thumbnail = await client.http.get(stack["series"]["thumbnail"]["url"])

    picture = Image.open(io.BytesIO(preview.content))
    assert (picture.format, max(picture.size)) == ("WEBP", 256)
    assert thumbnail.headers["content-type"] == stack["series"]["thumbnail"]["mediaType"]
    assert Image.open(io.BytesIO(thumbnail.content)).format == "WEBP"


async def test_an_altered_address_is_refused(chest: Chest, client: GraphQLClient) -> None:
    stack = (await client.ask(STACK, id=chest.stack_id))["node"]
    address = stack["frames"]["urlTemplate"].replace("{index}", "0")
    token = address.split("/")[-2]

    for altered in (
        address.replace("/frames/", "/objects/").removesuffix("/0"),
        address.replace(token, token[:-1]),
        address.replace(token, token[:-1] + ("A" if token[-1] != "A" else "B")),
        address.replace(token, token[::-1]),
    ):
        assert (await client.http.get(altered)).status_code == 403, altered
    assert (await client.http.get(stack["frames"]["urlTemplate"].replace("{index}", str(SLICES)))).status_code == 404


async def test_an_address_has_its_time_and_is_of_somebody(
    chest: Chest, client: GraphQLClient, server: RunningServer
) -> None:
    addresses = SignedAddresses(Keys(server.data_dir / "keys").addresses, server.url)
    stack_key, nobody = get_key(chest.stack_id, "Stack", []), person()

    too_old = addresses.frames(nobody, "frames", stack_key, now() - timedelta(seconds=1))
    nobodys = addresses.frames(nobody, "frames", stack_key, now() + timedelta(seconds=60))

    assert (await client.http.get(too_old.replace("{index}", "0"))).status_code == 410
    assert (await client.http.get(nobodys.replace("{index}", "0"))).status_code == 403


def read(content: bytes) -> Any:
    return dcmread(io.BytesIO(content))

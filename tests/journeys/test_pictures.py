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

    for altered in (
        address.replace("/frames/", "/previews/"),
        address.replace("expires=", "expires=9"),
        address.partition("&signature=")[0],
        address[:-1] + ("A" if address[-1] != "A" else "B"),
    ):
        assert (await client.http.get(altered)).status_code == 403, altered
    assert (await client.http.get(stack["frames"]["urlTemplate"].replace("{index}", str(SLICES)))).status_code == 404


async def test_an_address_has_its_time(chest: Chest, client: GraphQLClient, server: RunningServer) -> None:
    addresses = SignedAddresses(Keys(server.data_dir / "keys").addresses, server.url)

    address = addresses.frames("frames", get_key(chest.stack_id, "Stack", []).hex, now() - timedelta(seconds=1))

    assert (await client.http.get(address.replace("{index}", "0"))).status_code == 410


def read(content: bytes) -> Any:
    return dcmread(io.BytesIO(content))

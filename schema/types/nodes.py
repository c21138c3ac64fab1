"""What has a global id."""

import strawberry


@strawberry.interface(description="Whatever can be asked for again by its id.")
class Node:
    id: strawberry.ID

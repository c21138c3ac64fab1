"""Where the time of an analysis went."""

import strawberry

from api.analyses.timing import Timing

SHARE = "Where others asked the model meanwhile, this analysis's share by rows; null where the server keeps no count."


@strawberry.type(description="Seconds of the run that succeeded. `startedAt` less `queuedAt` is how long it waited.")
class AnalysisTiming:
    reading: float = strawberry.field(description="From the object store to a volume in memory.")
    preparing: float = strawberry.field(description="Whether the images suit, and where to look.")
    asking: float = strawberry.field(description="The model, with all waiting for it.")
    interpreting: float = strawberry.field(description="Answers to findings.")
    inferences: int | None = strawberry.field(description="Rows that the model was asked about.")
    queue: float | None = strawberry.field(description=f"Requests waited at the model. {SHARE}")
    compute: float | None = strawberry.field(description=f"The model computed. {SHARE}")

    @classmethod
    def of(cls, timing: Timing) -> "AnalysisTiming":
        return cls(
            reading=timing.reading,
            preparing=timing.preparing,
            asking=timing.asking,
            interpreting=timing.interpreting,
            inferences=timing.inferences,
            queue=timing.queue,
            compute=timing.compute,
        )

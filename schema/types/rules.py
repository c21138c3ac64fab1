"""What published rules say of measurements."""

import strawberry

from api.inference.size_categories import SizeCategory


@strawberry.type(description="What a published rule says of a measurement; not the model's word.")
class RuleCategory:
    rule: str
    version: str
    category: str
    assumptions: list[str] = strawberry.field(description="What must hold for the category to be the rule's.")

    @classmethod
    def of(cls, found: SizeCategory) -> "RuleCategory":
        return cls(rule=found.rule, version=found.version, category=found.category, assumptions=[*found.assumptions])

"""Size categories at every border of the published tables."""

import pytest

from api.inference.size_categories import size_categories


@pytest.mark.parametrize(
    ("diameter", "lung_rads", "fleischner"),
    [
        (1.0, "2", "under 6 mm"),
        (5.4, "2", "under 6 mm"),
        (5.5, "2", "6 to 8 mm"),  # 6 mm by whole millimetres, and below 6.0
        (5.94, "2", "6 to 8 mm"),
        (5.95, "3", "6 to 8 mm"),
        (6.0, "3", "6 to 8 mm"),
        (7.94, "3", "6 to 8 mm"),
        (7.95, "4A", "6 to 8 mm"),
        (8.49, "4A", "6 to 8 mm"),
        (8.5, "4A", "over 8 mm"),
        (14.94, "4A", "over 8 mm"),
        (14.95, "4B", "over 8 mm"),
        (30.0, "4B", "over 8 mm"),
    ],
)
def test_a_size_falls_into_the_tables_class(diameter: float, lung_rads: str, fleischner: str) -> None:
    found = {(one.rule, one.version): one.category for one in size_categories(diameter)}

    assert found == {("Lung-RADS", "v2022"): lung_rads, ("Fleischner Society", "2017"): fleischner}


def test_a_mass_is_no_nodule_of_fleischners() -> None:
    assert [(one.rule, one.category) for one in size_categories(30.1)] == [("Lung-RADS", "4B")]


@pytest.mark.parametrize("diameter", [None, 0.0, -1.0])
def test_what_was_not_measured_in_mm_has_no_category(diameter: float | None) -> None:
    assert size_categories(diameter) == []


def test_every_category_says_what_it_assumes_and_nothing_of_cancer_but_that() -> None:
    for one in size_categories(9.0):
        assert {"solid", "no known cancer"} <= set(one.assumptions)
        assert any("mean diameter" in assumption for assumption in one.assumptions)
        assert not {"malignan", "cancer", "suspicious"} & set(one.category.lower().split())

"""The contracts' folder declares its data products, and everything else takes them from there."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contracts.errors import UnusableSetting
from contracts.folder.model import Role
from contracts.folder.product import load_products, product_named
from contracts.folder.read import HOME

if TYPE_CHECKING:
    from tests.unit.contracts.conftest import Cli

WEATHER = {
    role: f"topic-weather{end}"
    for role, end in zip(Role, ("", "-final", "-quarantine", "-quality", "-trends"), strict=True)
}


@pytest.fixture
def products(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the product `weather` alone, in use."""
    for topic in WEATHER.values():
        shutil.copytree(HOME / topic, tmp_path / topic)
    monkeypatch.setenv("CONTRACTS_DIR", str(tmp_path))
    return tmp_path


def change(folder: Path, role: Role, old: str, new: str) -> None:
    file = folder / WEATHER[role] / "contract.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def second(folder: Path) -> None:
    """A second product with the same contracts, its quarantine and quality sharing their schemas."""
    for role, topic in WEATHER.items():
        home = folder / topic.replace("weather", "sky")
        home.mkdir()
        text = (folder / topic / "contract.yaml").read_text(encoding="utf-8")
        text = text.replace("product: weather", "product: sky").replace(
            "derived_from: topic-weather", "derived_from: topic-sky"
        )
        if role in {Role.QUARANTINE, Role.QUALITY}:
            text = text.replace("product:", f"schemas_of: {topic}\nproduct:")
        else:
            for version in (folder / topic).glob("v*.avsc"):
                shutil.copy(version, home)
        (home / "contract.yaml").write_text(text, encoding="utf-8")


def test_the_only_product_needs_not_be_named(products: Path) -> None:
    product = product_named()
    assert (product.name, product.topics) == ("weather", tuple(WEATHER.values()))
    assert product_named("weather") == product


def test_of_several_products_one_has_to_be_chosen(products: Path) -> None:
    second(products)
    assert list(load_products()) == ["sky", "weather"]
    assert product_named("sky").final.topic == "topic-sky-final"
    with pytest.raises(UnusableSetting, match="several products, sky, weather: choose one with --product"):
        product_named()


def test_a_topic_decides_the_product(products: Path) -> None:
    second(products)
    assert product_named(topics=["topic-sky-final"]).name == "sky"
    assert product_named(topics=["elsewhere", "", "topic-weather"]).name == "weather"
    assert product_named("sky", topics=["elsewhere"]).name == "sky"
    with pytest.raises(UnusableSetting, match="choose one with --product"):
        product_named(topics=["elsewhere"])
    for name, topics in (("weather", ["topic-sky-final"]), (None, ["topic-weather", "topic-sky-final"])):
        with pytest.raises(UnusableSetting, match="topic-sky-final is a topic of the product sky, not of w"):
            product_named(name, topics=topics)


def test_a_product_that_is_not_there_is_told_with_those_that_are(products: Path) -> None:
    with pytest.raises(UnusableSetting, match="no product wether; the contracts' folder declares weather"):
        product_named("wether")


@pytest.mark.parametrize("role", [Role.RAW, Role.FINAL, Role.QUARANTINE])
def test_a_role_that_no_contract_takes_is_told(products: Path, role: Role) -> None:
    shutil.rmtree(products / WEATHER[role])
    with pytest.raises(UnusableSetting, match=f"weather has no {role.value} topic"):
        product_named()


def test_a_product_need_keep_neither_verdicts_nor_trends(products: Path) -> None:
    for role in (Role.QUALITY, Role.TRENDS):
        shutil.rmtree(products / WEATHER[role])
    assert product_named().topics == ("topic-weather", "topic-weather-final", "topic-weather-quarantine")


def test_two_contracts_in_one_role_are_told_by_name(products: Path) -> None:
    change(products, Role.QUARANTINE, "role: quarantine", "role: final")
    with pytest.raises(UnusableSetting, match="final and topic-weather-quarantine are both the final"):
        product_named()


def test_a_role_that_there_is_not_names_the_file(products: Path, cli: Cli) -> None:
    change(products, Role.RAW, "role: raw", "role: rare")
    ran = cli("lint")
    assert ran.code == 2
    assert "topic-weather/contract.yaml: role" in ran.err


def test_topics_of_other_names_leave_the_contracts_as_they_are(products: Path) -> None:
    product = product_named().on_topics({Role.RAW: "a", Role.FINAL: "b", Role.QUARANTINE: ""})
    assert product.topics == (
        "a",
        "b",
        "topic-weather-quarantine",
        "topic-weather-quality",
        "topic-weather-trends",
    )
    assert product.raw.versions == product_named().raw.versions
    with pytest.raises(UnusableSetting, match="two topics of the product weather have the same name"):
        product.on_topics({Role.RAW: "b"})


def test_a_contract_that_shares_schemas_has_those_of_the_other_and_no_lock_of_its_own(
    products: Path, cli: Cli
) -> None:
    second(products)
    shared, own = product_named("sky").quality, product_named("weather").quality
    assert shared and own
    assert shared.versions == own.versions
    assert shared.home == products / "topic-sky-quality"
    assert cli("lock").code == 0
    assert "topic-sky-quality" not in (products / "contracts.lock").read_text(encoding="utf-8")
    assert cli("check").code == 0
    ran = cli("new-version", "topic-sky-quality")
    assert (ran.code, "write the new version of that topic" in ran.err) == (2, True)


def test_shared_schemas_of_a_topic_without_a_contract_are_told(products: Path) -> None:
    second(products)
    shutil.rmtree(products / "topic-weather-quality")
    with pytest.raises(UnusableSetting, match="names topic-weather-quality, which has no contract"):
        product_named("sky")


def test_versions_beside_shared_schemas_are_told(products: Path) -> None:
    second(products)
    shutil.copy(products / "topic-weather-quality" / "v1.avsc", products / "topic-sky-quality" / "v1.avsc")
    with pytest.raises(UnusableSetting, match="has versions of its own and `schemas_of`"):
        product_named("sky")

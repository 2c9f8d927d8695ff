"""Retention rules that would never hold are told, each by its key and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.store.retention import load_retention


@pytest.mark.parametrize("name", ["' '", "'spring '", '"\\u3000autumn"', "''"])
def test_a_campaign_that_no_list_can_name_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "r.yaml").write_text(f"default: {{audio: 30}}\ncampaigns:\n  {name}: {{audio: 7}}\n")
    with pytest.raises(ConfigError) as caught:
        load_retention(tmp_path / "r.yaml")
    assert all("campaigns" in told and "(line " in told for told in caught.value.mistakes)


def test_a_mistake_is_short_whatever_is_given(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(f"default: {{audio: {'x' * 5000}}}\n")
    with pytest.raises(ConfigError) as caught:
        load_retention(tmp_path / "r.yaml")
    (told,) = caught.value.mistakes
    assert len(told) < 400 and "whole days from 1 to 36500, or forever" in told

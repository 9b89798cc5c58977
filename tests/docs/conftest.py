"""Braid installed as the image installs it, in a virtual environment that holds nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.image import Image, build_image


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The Dockerfile's steps, done in a folder that stands for the image's root."""
    return build_image(tmp_path_factory.mktemp("image"))


@pytest.fixture(scope="session")
def installed(image: Image) -> Path:
    """The virtual environment with Braid and nothing for development."""
    return image.root / "venv"

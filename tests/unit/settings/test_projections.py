"""The section `projections`: what is read, what is refused, and what is never shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli.main import cli
from gateway.settings import ProjectionsSection, SettingsError, load_settings
from gateway.settings.projections import without_secrets

SHOP = "subgraphs: {orders: {url: 'http://127.0.0.1:7103'}}\n"
SECRET = "hunter2"


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(text: str) -> Path:
        path = tmp_path / "braid.yaml"
        path.write_text(SHOP + text, encoding="utf-8")
        return path

    return write


def test_without_the_section_there_are_no_projections(write: Any) -> None:
    settings = load_settings(write(""), {})
    assert settings.projections == ProjectionsSection()
    assert settings.projections.modules == {}


@pytest.mark.parametrize(
    ("section", "store"),
    [
        ("{modules: {orders: a.b}}", "{folder}/.braid/projections"),
        ("{store: here}", "{folder}/here"),
        ("{store: /there}", "/there"),
        ("{store: 'postgresql://u:p@h/d'}", "postgresql://u:p@h/d"),
    ],
)
def test_the_store_lies_where_the_file_says(write: Any, tmp_path: Path, section: str, store: str) -> None:
    """Relative to the file, its default too; a database is nowhere in a folder."""
    settings = load_settings(write(f"projections: {section}\n"), {})
    assert settings.projections.store == store.format(folder=tmp_path)


def test_a_store_of_the_environment_is_relative_to_the_current_folder(write: Any) -> None:
    settings = load_settings(write("projections: {store: here}\n"), {"BRAID_PROJECTIONS__STORE": "there"})
    assert settings.projections.store == "there"


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ("{stores: x}", "3:15: projections.stores: unknown key; did you mean 'store'?"),
        ("{store: 'mysql://h/d'}", "projections.store: must be an address that begins with postgresql://"),
        ("{store: 'postgresql://'}", "projections.store: must be an address that begins with postgresql://"),
        (f"{{store: 'postgresql://u:a/{SECRET}@h/d'}}", "write '/', '@', ':', '#' and '%' as"),
        (f"{{store: 'postgresql://u:1/{SECRET}@h/d'}}", "write '/', '@', ':', '#' and '%' as"),
        (f"{{store: 'postgresql://u:1#{SECRET}@h/d'}}", "write '/', '@', ':', '#' and '%' as"),
        (f"{{store: 'postgresql://u:[{SECRET}@h/d'}}", "write '/', '@', ':', '#' and '%' as"),
        ("{store: ''}", "projections.store: must not be empty"),
        ("{modules: {orders: 'a b'}}", "projections.modules.orders: has a form that is not allowed here"),
        ("{modules: {'o/../x': a}}", "has a form that is not allowed here"),
        ("{events: rabbit}", "projections.events: must be 'feed', 'nats' or 'kafka'"),
        ("{streams: {orders: 'ftp://x'}}", "projections.streams.orders: must be an absolute http or https URL"),
        ("{nats: {url: 'http://x'}}", "projections.nats.url: must be an address that begins with nats://"),
        ("{kafka: {bootstrap: localhost}}", "projections.kafka.bootstrap: has a form that is not allowed here"),
        ("{worker: {prt: 1}}", "projections.worker.prt: unknown key; did you mean 'port'?"),
        ("{letters: {attempts: 0}}", "projections.letters.attempts: must be greater than or equal to 1"),
        ("{apply: {batch: 0}}", "projections.apply.batch: must be greater than or equal to 1"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(write: Any, section: str, problem: str) -> None:
    """And without the value, in which a password may stand."""
    path = write(f"\nprojections: {section}\n")
    with pytest.raises(SettingsError) as caught:
        load_settings(path, {})
    assert problem in str(caught.value)
    assert f"{path}:3:" in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://u:hunter2@h:5432/d", "postgresql://u:***@h:5432/d"),
        ("postgresql://u@h/d", "postgresql://u:***@h/d"),
        ("postgresql://h/d", "postgresql://h/d"),
        ("postgresql://h/d?password=hunter2&sslmode=require", "postgresql://h/d?password=***&sslmode=require"),
        ("postgresql://u:hunter%402@h/d?sslpassword=hunter2", "postgresql://u:***@h/d?sslpassword=***"),
        ("nats://u:hunter2@h", "nats://u:***@h"),
        ("nats://hunter2@h:4222", "nats://***@h:4222"),
    ],
)
def test_an_address_is_shown_without_its_secrets(address: str, shown: str) -> None:
    assert without_secrets(address) == shown


def test_what_is_configured_is_shown_without_passwords(write: Any) -> None:
    """Neither by `braid config show` nor where the settings are printed; they themselves keep them."""
    path = write(
        f"projections: {{store: 'postgresql://u:{SECRET}@h/d', modules: {{orders: a.b}}, "
        f"nats: {{url: 'nats://{SECRET}@h'}}}}\n"
    )
    settings = load_settings(path, {})
    assert SECRET in settings.projections.store
    assert SECRET not in repr(settings)
    shown = CliRunner().invoke(cli, ["config", "show", "--config", str(path)])
    assert shown.exit_code == 0
    assert '"store": "postgresql://u:***@h/d"' in shown.output
    assert SECRET not in shown.output

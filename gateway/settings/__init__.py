"""Settings: everything an operator may choose, with its defaults.

docs/configuration.md is the operator's view of this package; docs/braid.schema.json, for editors, is made from it.
`loading.py` reads the file; code and tests may as well build Settings directly. One module per section of the file.
"""

from gateway.settings.authorization import AuthorizationSection, JwtSection
from gateway.settings.cost import CostSection
from gateway.settings.errors import SettingsError, SettingsProblem
from gateway.settings.execution import CacheSection, ExecutionSection, LimitsSection
from gateway.settings.loading import load_settings
from gateway.settings.overload import OverloadSection
from gateway.settings.overrides import OverridesSection
from gateway.settings.projections import (
    ApplySection,
    BuildSection,
    KafkaSection,
    LettersSection,
    NatsSection,
    ProjectionsSection,
    ReadersSection,
    WorkerSection,
)
from gateway.settings.rates import RateClassSection, RateLimitsSection
from gateway.settings.reload import ReloadSection
from gateway.settings.schema import settings_json_schema
from gateway.settings.server import ServerSection
from gateway.settings.service import (
    BreakerSection,
    HedgeSection,
    RetryBudgetSection,
    RetrySection,
    ServiceSection,
)
from gateway.settings.settings import DemoSection, Settings
from gateway.settings.subgraph import SubgraphSection
from gateway.settings.telemetry import TelemetrySection
from gateway.settings.values import Section

__all__ = [
    "ApplySection",
    "AuthorizationSection",
    "BreakerSection",
    "BuildSection",
    "CacheSection",
    "CostSection",
    "DemoSection",
    "ExecutionSection",
    "HedgeSection",
    "JwtSection",
    "KafkaSection",
    "LettersSection",
    "LimitsSection",
    "NatsSection",
    "OverloadSection",
    "OverridesSection",
    "ProjectionsSection",
    "RateClassSection",
    "RateLimitsSection",
    "ReadersSection",
    "ReloadSection",
    "RetryBudgetSection",
    "RetrySection",
    "Section",
    "ServerSection",
    "ServiceSection",
    "Settings",
    "SettingsError",
    "SettingsProblem",
    "SubgraphSection",
    "TelemetrySection",
    "WorkerSection",
    "load_settings",
    "settings_json_schema",
]

"""The seven services as processes: Estate for tests, `python -m mock_services.estate` for people."""

from mock_services.estate.estate import Estate, EstateError

__all__ = ["Estate", "EstateError"]

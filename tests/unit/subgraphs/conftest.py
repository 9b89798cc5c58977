from tests.unit.services.conftest import make_context

__all__ = ["make_context"]

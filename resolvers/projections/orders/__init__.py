"""Orders with what customers and products say of them: to be found, sorted and summed up across services."""

from resolvers.projections.orders.handlers import projection

__all__ = ["projection"]

"""The shop's data, drawn from a seed: who buys, what is sold, three years of orders and what followed from them."""

from mock_services.generator.seeding import (
    DEFAULT_SEED,
    Manifest,
    Seeding,
    SeedingError,
    Sizes,
    describe,
    generate,
    read_manifest,
)

__all__ = ["DEFAULT_SEED", "Manifest", "Seeding", "SeedingError", "Sizes", "describe", "generate", "read_manifest"]

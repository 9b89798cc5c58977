"""Draws the catalogue: what each product is called, costs and consists of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mock_services.catalog.model import Attribute, Price, Product
from mock_services.generator.draws import Draws, Weighted

# What an attribute may be: one of some words, some of some words, a whole number between two, or yes or no.
Choices = tuple[str, ...]
Domain = Choices | list[str] | range | type[bool]


@dataclass(frozen=True, slots=True)
class Assortment:
    """One category: its share of the products, its prices in cents, the words of its names, its attributes."""

    category: str
    share: float
    cheapest: int
    dearest: int
    adjectives: Choices
    nouns: Choices
    attributes: Mapping[str, Domain]


_COLOURS = ("black", "white", "blue", "green", "red", "grey", "yellow", "natural")

ASSORTMENTS = (
    Assortment(
        "books",
        18,
        490,
        4990,
        (
            "The Quiet",
            "The Last",
            "A Short History of the",
            "Beyond the",
            "The Secret",
            "Letters from the",
            "The Other",
        ),
        (
            "Harbour",
            "Garden",
            "Winter",
            "Railway",
            "Island",
            "Cartographer",
            "Orchard",
            "Mountain",
            "Lighthouse",
            "Bakery",
        ),
        {
            "author": ("M. Okafor", "L. Brandt", "S. Moreau", "K. Nakamura", "E. Ferrante", "J. Walsh", "A. Lindqvist"),
            "pages": range(96, 900),
            "format": ("paperback", "hardcover", "e-book"),
            "language": ("en", "de", "fr", "es", "it"),
        },
    ),
    Assortment(
        "electronics",
        13,
        1490,
        149900,
        ("Wireless", "Compact", "Smart", "Portable", "Noise-cancelling", "Ultra-wide", "Foldable"),
        ("Headphones", "Speaker", "Keyboard", "Monitor", "Camera", "Tablet", "Router", "Charger", "Projector"),
        {
            "brand": ("Voltera", "Nordlys", "Kestrel", "Apex One", "Hertz & Co"),
            "warranty_months": range(12, 61),
            "wireless": bool,
            "ports": ["USB-C", "HDMI", "Ethernet", "Jack 3.5 mm", "USB-A"],
        },
    ),
    Assortment(
        "home",
        13,
        590,
        39900,
        ("Oak", "Linen", "Ceramic", "Handmade", "Minimal", "Vintage", "Stackable"),
        ("Lamp", "Vase", "Shelf", "Blanket", "Mug", "Chair", "Mirror", "Clock", "Cushion"),
        {
            "colour": _COLOURS,
            "material": ("oak", "linen", "ceramic", "glass", "steel", "wool"),
            "width_cm": range(8, 180),
        },
    ),
    Assortment(
        "garden",
        8,
        290,
        59900,
        ("Weatherproof", "Galvanised", "Terracotta", "Folding", "Solar", "Self-watering"),
        ("Planter", "Bench", "Lantern", "Hose", "Rake", "Parasol", "Trellis", "Birdhouse"),
        {"material": ("teak", "steel", "terracotta", "plastic"), "outdoor": bool, "weight_g": range(150, 25000)},
    ),
    Assortment(
        "toys",
        10,
        490,
        12900,
        ("Wooden", "Magnetic", "Glow-in-the-dark", "Giant", "Junior", "Musical"),
        ("Train", "Puzzle", "Building Blocks", "Kite", "Board Game", "Doll's House", "Robot", "Xylophone"),
        {"age_from": range(1, 13), "batteries_needed": bool, "players": range(1, 9)},
    ),
    Assortment(
        "sports",
        10,
        790,
        89900,
        ("Trail", "Pro", "Lightweight", "Carbon", "Everyday", "All-weather"),
        ("Running Shoes", "Backpack", "Tent", "Yoga Mat", "Helmet", "Racket", "Bottle", "Skis"),
        {"brand": ("Ridgeline", "Alpina Sur", "Tempo", "Kestrel"), "colour": _COLOURS, "weight_g": range(80, 6000)},
    ),
    Assortment(
        "clothing",
        12,
        990,
        24900,
        ("Organic", "Merino", "Relaxed", "Slim", "Waxed", "Striped", "Heavy"),
        ("T-Shirt", "Sweater", "Jacket", "Jeans", "Dress", "Scarf", "Socks", "Shirt"),
        {
            "sizes": ["XS", "S", "M", "L", "XL", "XXL"],
            "colour": _COLOURS,
            "fabric": ("cotton", "wool", "linen", "recycled polyester"),
        },
    ),
    Assortment(
        "beauty",
        6,
        390,
        8900,
        ("Hydrating", "Gentle", "Mineral", "Unscented", "Nourishing"),
        ("Face Cream", "Shampoo", "Soap", "Sunscreen", "Hand Balm", "Serum"),
        {"volume_ml": range(15, 750), "vegan": bool, "skin_types": ["dry", "oily", "sensitive", "normal"]},
    ),
    Assortment(
        "grocery",
        6,
        150,
        4900,
        ("Single-origin", "Stone-ground", "Cold-pressed", "Smoked", "Organic", "Aged"),
        ("Coffee", "Olive Oil", "Flour", "Honey", "Pasta", "Chocolate", "Tea", "Vinegar"),
        {"weight_g": range(100, 5000), "organic": bool, "allergens": ["gluten", "milk", "nuts", "soya", "sesame"]},
    ),
    Assortment(
        "tools",
        4,
        690,
        49900,
        ("Cordless", "Precision", "Heavy-duty", "Compact", "Professional"),
        ("Drill", "Screwdriver Set", "Saw", "Hammer", "Spirit Level", "Sander", "Toolbox"),
        {"brand": ("Hammerschmied", "Voltera", "Brico"), "voltage": range(12, 37), "pieces": range(1, 121)},
    ),
)


def draw_products(seed: int, count: int) -> Iterator[Product]:
    """In the order of ids."""
    draws = Draws(seed, "products")
    assortments = Weighted(ASSORTMENTS, [assortment.share for assortment in ASSORTMENTS])
    for number in range(1, count + 1):
        assortment = assortments.pick(draws)
        yield Product(
            id=f"p-{number:05d}",
            sku=f"{assortment.category[:3].upper()}-{number:05d}",
            name=f"{draws.pick(assortment.adjectives)} {draws.pick(assortment.nouns)}",
            category=assortment.category,
            price=Price(_price(assortment, draws), "EUR"),
            attributes=_attributes(assortment, draws),
        )


def _attributes(assortment: Assortment, draws: Draws) -> dict[str, Attribute]:
    """Ordered as PostgreSQL orders what it stores, by length, then name: answers are the same from every database."""
    drawn = {name: _attribute(domain, draws) for name, domain in assortment.attributes.items()}
    return {name: drawn[name] for name in sorted(drawn, key=lambda name: (len(name), name))}


def _price(assortment: Assortment, draws: Draws) -> int:
    """Even on a logarithmic scale bent towards the cheap end, then as prices end: in 90 or 99 cents."""
    exact = assortment.cheapest * (assortment.dearest / assortment.cheapest) ** (draws.random() ** 1.5)
    euros = max(int(exact) // 100, 1) - 1
    return euros * 100 + draws.pick((90, 99))


def _attribute(domain: Domain, draws: Draws) -> Attribute:
    if isinstance(domain, range):
        return draws.whole(domain.start, domain.stop - 1)
    if isinstance(domain, tuple):
        return draws.pick(domain)
    if isinstance(domain, list):
        return [each for each in domain if draws.chance(0.4)]
    return draws.chance(0.4)

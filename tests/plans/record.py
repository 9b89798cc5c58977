"""Write every plan as it is printed now. Read the difference before you commit it."""

from __future__ import annotations

from tests.plans.pairs import PAIRS


def main() -> None:
    """Record all plans; say which ones changed."""
    for pair in PAIRS:
        now = pair.planned()
        if not pair.plan.exists() or pair.plan.read_text() != now:
            pair.plan.write_text(now)
            print(pair)


if __name__ == "__main__":
    main()

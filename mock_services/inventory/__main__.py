"""python -m mock_services.inventory: run the service."""

from mock_services.inventory.app import SERVICE
from mock_services.kit.serve import main

if __name__ == "__main__":
    main(SERVICE)

"""python -m mock_services.catalog: run the service."""

from mock_services.catalog.app import SERVICE
from mock_services.kit.serve import main

if __name__ == "__main__":
    main(SERVICE)

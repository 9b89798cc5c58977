"""python -m mock_services.customers: run the service."""

from mock_services.customers.app import SERVICE
from mock_services.kit.serve import main

if __name__ == "__main__":
    main(SERVICE)

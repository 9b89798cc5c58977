"""python -m mock_services.orders: run the service."""

from mock_services.kit.serve import main
from mock_services.orders.app import SERVICE

if __name__ == "__main__":
    main(SERVICE)

"""python -m mock_services.payments: run the service."""

from mock_services.kit.serve import main
from mock_services.payments.app import SERVICE

if __name__ == "__main__":
    main(SERVICE)

"""python -m mock_services.support: run the service."""

from mock_services.kit.serve import main
from mock_services.support.app import SERVICE

if __name__ == "__main__":
    main(SERVICE)

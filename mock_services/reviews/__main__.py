"""python -m mock_services.reviews: run the service."""

from mock_services.kit.serve import main
from mock_services.reviews.app import SERVICE

if __name__ == "__main__":
    main(SERVICE)

"""Where the seven databases of a shop lie: a directory of SQLite files, or a PostgreSQL server."""

from mock_services.homes.directory import DirectoryHome
from mock_services.homes.home import Filling, Home, HomeError, Row
from mock_services.homes.postgresql import DEFAULT_NAMESPACE, PostgresHome

__all__ = ["DEFAULT_NAMESPACE", "DirectoryHome", "Filling", "Home", "HomeError", "PostgresHome", "Row"]

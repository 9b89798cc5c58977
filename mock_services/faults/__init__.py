"""Faults below HTTP: a TCP proxy in front of a service that resets, drips, cuts and garbles what passes through it."""

from mock_services.faults.process import Proxies, ProxyError, running_proxies
from mock_services.faults.proxy import FaultProxy, ProxyFault

__all__ = ["FaultProxy", "Proxies", "ProxyError", "ProxyFault", "running_proxies"]

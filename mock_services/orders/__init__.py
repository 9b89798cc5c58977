"""Who ordered what, when, and how far it is. Orders can be placed, confirmed, shipped and cancelled."""

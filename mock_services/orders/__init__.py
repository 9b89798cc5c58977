"""Who ordered what, when, and how far it is. Orders can be placed and cancelled."""

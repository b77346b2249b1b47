"""Messages over the network about what happened here: signed, remembered until they arrive, and short."""

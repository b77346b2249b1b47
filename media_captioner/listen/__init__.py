"""The door for other people's programs: signed requests to caption a file or an address."""

"""The door for years: folders that are watched, and whose media is captioned as soon as it is complete."""

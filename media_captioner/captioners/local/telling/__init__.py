"""How each kind of thing heard is put into words: one module a kind, each giving facts for its sentences."""

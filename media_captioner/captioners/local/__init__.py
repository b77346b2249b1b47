"""The embedded captioner: hears speech, music, ambience and effects with models that fit beside the program."""

"""The door for other programs: any captioner, over the wire protocols of Model Studio and vLLM."""

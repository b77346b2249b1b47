"""The only rooms with side effects: files are written, programs started and time read here and nowhere else."""

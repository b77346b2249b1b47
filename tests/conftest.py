"""What all tests share."""

from hypothesis import HealthCheck, settings

# Machines are shared and slow at times: a slow example is not a wrong one.
settings.register_profile(
    "suite", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("thorough", parent=settings.get_profile("suite"), max_examples=2000)
settings.load_profile("suite")

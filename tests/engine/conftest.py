from engine.stand_in import stand_in  # noqa: F401

"""A real kernel in an emulator that replays snapshots and packets: the judge of the engine."""

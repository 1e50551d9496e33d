"""What a cluster must keep to before anything is built. Each module gives problems with their places."""

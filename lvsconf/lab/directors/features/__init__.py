"""One module for each feature of random directors; see lvsconf.lab.directors for what it may have."""

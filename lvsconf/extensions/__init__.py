"""What iptables' modules accept, mean and print: one file per module below `matches` and `targets`."""

"""lvsconf: lint, build and fix Linux Virtual Server directors and the netfilter rules around them."""

:OUTPUT
-m owner --uid-owner root ; -m owner --uid-owner 0 ; OK
-m owner ! --uid-owner 10-20 ; = ; OK
-m owner --socket-exists --uid-owner 7 --gid-owner 8 ; = ; OK
-m owner ; ; FAIL

:OUTPUT
-m owner --uid-owner root ; -m owner --uid-owner 0 ; OK
-m owner ! --uid-owner 10-20 ; = ; OK
-m owner --socket-exists --uid-owner 7 --gid-owner 8 ; = ; OK
-m owner ; ; FAIL
-m owner --gid-owner 8 --suppl-groups ; = ; OK
-m owner --suppl-groups --gid-owner 8 ; ; FAIL
:INPUT
-m owner --uid-owner 7 ; ; FAIL

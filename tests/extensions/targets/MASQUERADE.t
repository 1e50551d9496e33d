:POSTROUTING
*nat
-j MASQUERADE ; = ; OK
-p tcp -j MASQUERADE --to-ports 1024-2048 --random ; = ; OK
-j MASQUERADE --random-fully ; = ; OK
-j MASQUERADE --to-ports 1024 ; ; FAIL

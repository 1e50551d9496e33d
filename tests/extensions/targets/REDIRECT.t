:PREROUTING
*nat
-p tcp -j REDIRECT --to-ports 8080 ; = ; OK
-p tcp -j REDIRECT --to-ports http ; -p tcp -j REDIRECT --to-ports 80 ; OK
-p udp -j REDIRECT --to-ports 10-22 --random ; = ; OK
-j REDIRECT ; = ; OK
-j REDIRECT --to-ports 80 ; ; FAIL

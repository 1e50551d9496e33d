:PREROUTING
*nat
-p tcp -j REDIRECT --to-ports 8080 ; = ; OK
-p tcp -j REDIRECT --to-ports http ; -p tcp -j REDIRECT --to-ports 80 ; OK
-p udp -j REDIRECT --to-ports 10-22 --random ; = ; OK
-j REDIRECT ; = ; OK
-j REDIRECT --to-ports 80 ; ; FAIL
-p tcp -j REDIRECT --to-ports 8080-8090/80 ; ; FAIL
-p tcp -j REDIRECT --to-ports 10-ssh ; ; FAIL
-p tcp -j REDIRECT --to-ports 0x50-0x5a ; -p tcp -j REDIRECT --to-ports 80-90 ; OK
-p icmp -j REDIRECT --to-ports 7 ; = ; OK ; 4

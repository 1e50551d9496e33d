:INPUT
-j NFQUEUE ; -j NFQUEUE --queue-num 0 ; OK
-j NFQUEUE --queue-balance 0:3 --queue-bypass ; = ; OK
-j NFQUEUE --queue-num 65536 ; ; FAIL

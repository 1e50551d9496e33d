:INPUT
-j NFQUEUE ; -j NFQUEUE --queue-num 0 ; OK
-j NFQUEUE --queue-balance 0:3 --queue-bypass ; = ; OK
-j NFQUEUE --queue-num 65536 ; ; FAIL
-j NFQUEUE --queue-balance 1:65535 --queue-bypass ; = ; OK
-j NFQUEUE --queue-balance 0:65535 ; ; FAIL
-j NFQUEUE --queue-balance 2:2 ; ; FAIL
-j NFQUEUE --queue-num 1 --queue-balance 1:2 ; ; FAIL
-j NFQUEUE --queue-num 1 --queue-cpu-fanout ; ; FAIL

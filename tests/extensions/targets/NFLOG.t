:INPUT
-j NFLOG --nflog-group 1 ; = ; OK
-j NFLOG --nflog-prefix "web: " --nflog-group 3 --nflog-size 64 --nflog-threshold 20 ; = ; OK
-j NFLOG ; = ; OK
-j NFLOG --nflog-group 65536 ; ; FAIL

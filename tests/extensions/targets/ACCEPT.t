:INPUT
-j ACCEPT ; = ; OK
-p tcp -j ACCEPT ; = ; OK
-j ACCEPT --option ; ; FAIL
-g ACCEPT ; ; FAIL

:INPUT
-j QUEUE ; = ; OK
-p tcp -j QUEUE ; = ; OK
-j QUEUE --option ; ; FAIL
-g QUEUE ; ; FAIL

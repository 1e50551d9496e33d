:INPUT
-j RETURN ; = ; OK
-p tcp -j RETURN ; = ; OK
-j RETURN --option ; ; FAIL
-g RETURN ; ; FAIL

:INPUT
*security
-j CONNSECMARK --save ; = ; OK
-j CONNSECMARK --restore ; = ; OK
-j CONNSECMARK --save --restore ; ; FAIL
-j CONNSECMARK ; ; FAIL
*mangle
-j CONNSECMARK --restore ; = ; OK
*filter
-j CONNSECMARK --save ; ; FAIL

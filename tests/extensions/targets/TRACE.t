:PREROUTING
*raw
-j TRACE ; = ; OK
-j TRACE --loud ; ; FAIL

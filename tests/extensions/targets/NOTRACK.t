:PREROUTING
*raw
-j NOTRACK ; = ; OK
-p udp -j NOTRACK ; = ; OK
-j NOTRACK --notrack ; ; FAIL

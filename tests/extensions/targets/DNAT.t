:PREROUTING
*nat
-p tcp -j DNAT --to-destination 10.0.0.2:8080 ; = ; OK ; 4
-p tcp -j DNAT --to-destination :8080 ; = ; OK ; 4
-j DNAT --to-destination 10.0.0.2-10.0.0.3 ; = ; OK ; 4
-j DNAT --to-destination 2001:db8::2 ; = ; OK ; 6
-j DNAT ; ; FAIL

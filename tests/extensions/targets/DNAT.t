:PREROUTING
*nat
-p tcp -j DNAT --to-destination 10.0.0.2:8080 ; = ; OK ; 4
-p tcp -j DNAT --to-destination :8080 ; = ; OK ; 4
-j DNAT --to-destination 10.0.0.2-10.0.0.3 ; = ; OK ; 4
-j DNAT --to-destination 2001:db8::2 ; = ; OK ; 6
-j DNAT ; ; FAIL
-p tcp -j DNAT --to-destination 10.0.0.2:8080-8090/http ; -p tcp -j DNAT --to-destination 10.0.0.2:8080-8090/80 ; OK ; 4
-p tcp -j DNAT --to-destination [2001:db8::1-2001:db8::5]:1-5/2 ; = ; OK ; 6
-p tcp -j DNAT --to-destination :80 ; = ; OK ; 6
-j DNAT --to-destination :80 ; ; FAIL
-p tcp -j DNAT --to-destination 10.0.0.2: ; ; FAIL ; 4
-p tcp -j DNAT --to-destination [2001:db8::2]: ; ; FAIL ; 6
-p tcp -j DNAT --to-destination : ; ; FAIL

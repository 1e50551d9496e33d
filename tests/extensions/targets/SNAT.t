:POSTROUTING
*nat
-j SNAT --to-source 192.0.2.1 ; = ; OK ; 4
-j SNAT --to-source 192.0.2.1-192.0.2.9 --random --persistent ; = ; OK ; 4
-p tcp -j SNAT --to-source 192.0.2.1:1024-2048 ; = ; OK ; 4
-p tcp -j SNAT --to-source [2001:db8::1]:80 ; = ; OK ; 6
-j SNAT --to-source 192.0.2.1:1024 ; ; FAIL ; 4
-j SNAT ; ; FAIL
-p tcp -j SNAT --to-source 192.0.2.1:1024-http ; ; FAIL ; 4

:PREROUTING
*nat
-d 192.0.2.0/24 -j NETMAP --to 10.1.0.0/24 ; = ; OK ; 4
-j NETMAP --to 10.1.0.7/255.255.255.0 ; -j NETMAP --to 10.1.0.0/24 ; OK ; 4
-j NETMAP --to 10.1.0.7 ; -j NETMAP --to 10.1.0.7/32 ; OK ; 4
-j NETMAP --to 10.1/16 ; -j NETMAP --to 10.0.0.0/16 ; OK ; 4
-j NETMAP --to 2001:db8:1::5/48 ; -j NETMAP --to 2001:db8:1::/48 ; OK ; 6
-j NETMAP --to 10.1.0.0/ ; ; FAIL ; 4
-j NETMAP --to 2001:db8::/129 ; ; FAIL ; 6
-j NETMAP ; ; FAIL
:POSTROUTING
-j NETMAP --to 10.1.0.0/16 ; = ; OK ; 4
:INPUT
*filter
-j NETMAP --to 10.1.0.0/16 ; ; FAIL ; 4

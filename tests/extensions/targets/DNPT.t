:PREROUTING
*mangle
-j DNPT --src-pfx 2001:db8:40f::/64 --dst-pfx fd00::/64 ; = ; OK
-j DNPT --src-pfx 2001:db8::/ffff:ffff:: --dst-pfx fd00::/48 ; -j DNPT --src-pfx 2001:db8::/32 --dst-pfx fd00::/48 ; OK
-j DNPT --src-pfx fd00::1/64 --dst-pfx 2001:db8::/64 ; ; FAIL
-j DNPT --src-pfx fd00:: --dst-pfx 2001:db8:: ; ; FAIL
-j DNPT --src-pfx fd00::/64 ; ; FAIL
:OUTPUT
-j DNPT --src-pfx 2001:db8::/56 --dst-pfx fd00::/56 ; = ; OK
:POSTROUTING
-j DNPT --src-pfx 2001:db8::/56 --dst-pfx fd00::/56 ; ; FAIL

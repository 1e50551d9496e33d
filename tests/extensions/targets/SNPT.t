:POSTROUTING
*mangle
-s fd00::/64 -j SNPT --src-pfx fd00::/64 --dst-pfx 2001:db8:40f::/64 ; = ; OK
-j SNPT --src-pfx fd00::/65 --dst-pfx 2001:db8::/65 ; ; FAIL
-j SNPT --src-pfx fd00::/ffff::ffff --dst-pfx 2001:db8::/64 ; ; FAIL
-j SNPT ; ; FAIL
:INPUT
-j SNPT --src-pfx fd00::/48 --dst-pfx 2001:db8::/56 ; = ; OK
:PREROUTING
-j SNPT --src-pfx fd00::/48 --dst-pfx 2001:db8::/48 ; ; FAIL

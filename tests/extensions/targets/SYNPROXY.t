:INPUT
-p tcp -j SYNPROXY ; = ; OK
-p tcp -m tcp --dport 80 -j SYNPROXY --mss 1400 --timestamp --wscale 7 --sack-perm --ecn ; -p tcp -m tcp --dport 80 -j SYNPROXY --sack-perm --timestamp --wscale 7 --mss 1400 --ecn ; OK
-p tcp -j SYNPROXY --mss 0x5b4 ; -p tcp -j SYNPROXY --mss 1460 ; OK
-p udp -j SYNPROXY --mss 1460 ; ; FAIL
! -p tcp -j SYNPROXY --mss 1460 ; ; FAIL
-p tcp -j SYNPROXY --ecn --ecn ; ; FAIL
:FORWARD
-p tcp -j SYNPROXY --mss 1460 ; = ; OK
:OUTPUT
-p tcp -j SYNPROXY --mss 1460 ; ; FAIL
:PREROUTING
*mangle
-p tcp -j SYNPROXY --mss 1460 ; ; FAIL

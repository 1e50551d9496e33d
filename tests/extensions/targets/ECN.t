:POSTROUTING
*mangle
-p tcp -j ECN --ecn-tcp-remove ; = ; OK
-p tcp -j ECN --ecn-tcp-cwr 0 --ecn-tcp-ece 0 ; -p tcp -j ECN --ecn-tcp-remove ; OK
-p tcp -j ECN --ecn-tcp-remove --ecn-ip-ect 1 ; -p tcp -j ECN --ecn-tcp-ece 0 --ecn-tcp-cwr 0 --ecn-ip-ect 1 ; OK
-p tcp -j ECN --ecn-tcp-cwr 1 ; = ; OK
-j ECN --ecn-ip-ect 0 ; = ; OK
-j ECN --ecn-ip-ect 4 ; ; FAIL
-p tcp -j ECN --ecn-tcp-ece 2 ; ; FAIL
-p tcp -j ECN --ecn-tcp-remove --ecn-tcp-ece 1 ; ; FAIL
-j ECN --ecn-tcp-remove ; ; FAIL
-p tcp -j ECN ; ; FAIL
:FORWARD
*filter
-j ECN --ecn-ip-ect 0 ; ; FAIL

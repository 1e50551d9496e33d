:PREROUTING
*mangle
-p tcp -m tcp --dport 80 -j TPROXY --on-port 3128 ; -p tcp -m tcp --dport 80 -j TPROXY --on-port 3128 --on-ip 0.0.0.0 --tproxy-mark 0x0/0x0 ; OK ; 4
-p udp -j TPROXY --on-port domain --on-ip ::1 ; -p udp -j TPROXY --on-port 53 --on-ip ::1 --tproxy-mark 0x0/0x0 ; OK ; 6
-p tcp -j TPROXY --on-port 0 --on-ip 192.0.2.1 --tproxy-mark 1 ; -p tcp -j TPROXY --on-port 0 --on-ip 192.0.2.1 --tproxy-mark 0x1/0xffffffff ; OK ; 4
-p sctp -j TPROXY --on-port 80 ; ; FAIL
-p tcp -j TPROXY --on-ip 192.0.2.1 ; ; FAIL ; 4
-p tcp -j TPROXY ; ; FAIL
:OUTPUT
-p tcp -j TPROXY --on-port 80 ; ; FAIL
:INPUT
*filter
-p tcp -j TPROXY --on-port 80 ; ; FAIL

:INPUT
-m ecn ! --ecn-ip-ect 3 ; = ; OK ; ; ip.tos=3 => no match | ip.tos=2 => match
-p tcp -m ecn --ecn-tcp-cwr ! --ecn-tcp-ece ; -p tcp -m ecn ! --ecn-tcp-ece --ecn-tcp-cwr ; OK ; ; ip.proto=6 tcp.flags=0x80 => match | ip.proto=6 tcp.flags=0xc0 => no match | ip.proto=6 tcp.flags=0x80 ip.fragment=8 => unknown
-m ecn --ecn-tcp-ece ; ; FAIL
-m ecn --ecn-ip-ect 5 ; ; FAIL
-m ecn ; ; FAIL

:PREROUTING
*mangle
-p tcp -j TCPOPTSTRIP --strip-options timestamp,sack-permitted ; -p tcp -j TCPOPTSTRIP --strip-options 4,8 ; OK
-p tcp -j TCPOPTSTRIP --strip-options 2,3,0xfe ; -p tcp -j TCPOPTSTRIP --strip-options 2,3,254 ; OK
-p tcp -j TCPOPTSTRIP ; = ; OK
-p tcp -j TCPOPTSTRIP --strip-options 1 ; ; FAIL
-p tcp -j TCPOPTSTRIP --strip-options 256 ; ; FAIL
-p tcp -j TCPOPTSTRIP --strip-options 8,timestamp ; ; FAIL
-p tcp -j TCPOPTSTRIP --strip-options 8, ; ; FAIL
-j TCPOPTSTRIP --strip-options 8 ; ; FAIL
:FORWARD
*filter
-p tcp -j TCPOPTSTRIP --strip-options 8 ; ; FAIL

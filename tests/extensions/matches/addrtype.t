:INPUT
-m addrtype --src-type UNICAST --dst-type LOCAL ; = ; OK ; ; ip.proto=6 => unknown
-m addrtype ! --dst-type local,broadcast ; -m addrtype ! --dst-type LOCAL,BROADCAST ; OK ; 4
-m addrtype --dst-type LOCAL --limit-iface-in ; = ; OK
-m addrtype --limit-iface-in ; ; FAIL
-m addrtype ; ; FAIL
:OUTPUT
-m addrtype --src-type LOCAL --limit-iface-in ; ; FAIL
:INPUT
-m addrtype --src-type LOCAL --limit-iface-out ; ; FAIL

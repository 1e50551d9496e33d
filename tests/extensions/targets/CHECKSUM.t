:POSTROUTING
*mangle
-p udp -m udp --dport 68 -j CHECKSUM --checksum-fill ; = ; OK
-j CHECKSUM ; ; FAIL

:FORWARD
*mangle
-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu ; = ; OK
-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1400 ; = ; OK
-p tcp -m tcp --syn -j TCPMSS ; ; FAIL
-j TCPMSS --set-mss 1400 ; ; FAIL
-p tcp -m tcp --syn -j TCPMSS --set-mss 65515 ; -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j TCPMSS --set-mss 65515 ; OK ; 4
-p tcp -m tcp --syn -j TCPMSS --set-mss 65516 ; ; FAIL ; 4
-p tcp -m tcp --syn -j TCPMSS --set-mss 65496 ; ; FAIL ; 6
:PREROUTING
-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1400 ; = ; OK
-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu ; ; FAIL

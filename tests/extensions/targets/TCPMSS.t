:FORWARD
*mangle
-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu ; = ; OK
-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1400 ; = ; OK
-p tcp -m tcp --syn -j TCPMSS ; ; FAIL
-j TCPMSS --set-mss 1400 ; ; FAIL

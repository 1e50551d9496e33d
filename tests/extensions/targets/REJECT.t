:INPUT,FORWARD,OUTPUT
-j REJECT ; -j REJECT --reject-with icmp-port-unreachable ; OK ; 4
-j REJECT ; -j REJECT --reject-with icmp6-port-unreachable ; OK ; 6
-j REJECT --reject-with icmp-admin-prohibited ; = ; OK ; 4
-j REJECT --reject-with host-prohib ; -j REJECT --reject-with icmp-host-prohibited ; OK ; 4
-j REJECT --reject-with icmp6-adm-prohibited ; = ; OK ; 6
-p tcp -j REJECT --reject-with tcp-rst ; -p tcp -j REJECT --reject-with tcp-reset ; OK ; 4
-p tcp -j REJECT --reject-with tcp-reset ; = ; OK
-j REJECT --reject-with tcp-reset ; ; FAIL
-j REJECT --reject-with politely ; ; FAIL

:INPUT
-m pkttype --pkt-type broadcast ; = ; OK
-m pkttype ! --pkt-type host ; -m pkttype ! --pkt-type unicast ; OK
-m pkttype --pkt-type radio ; ; FAIL

:INPUT
-p udp -m udp --dport 53 ; = ; OK ; ; ip.proto=17 l4.dport=53 => match | ip.proto=6 l4.dport=53 => no match | ip.proto=17 l4.dport=54 => no match
-p udp --sport domain ; -p udp -m udp --sport 53 ; OK
-p udp -m udp ! --sport 1:1023 --dport 123 ; = ; OK ; ; ip.proto=17 l4.sport=1024 l4.dport=123 => match | ip.proto=17 l4.sport=53 l4.dport=123 => no match
-p udp --dport : ; -p udp -m udp ; OK
-p udp --syn ; ; FAIL
-m udp --dport 1 ; ; FAIL

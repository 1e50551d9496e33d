:INPUT
-p dccp -m dccp --dport 33 --dccp-types close,RESET ; -p dccp -m dccp --dport 33 --dccp-types CLOSE,RESET ; OK ; ; ip.proto=33 l4.dport=34 => no match | ip.proto=33 l4.dport=33 => unknown
-p dccp ! --sport 1:9 ; -p dccp -m dccp ! --sport 1:9 ; OK ; ; ip.proto=33 l4.sport=10 => match
-p dccp -m dccp ! --dccp-option 12 ; = ; OK
-p dccp -m dccp --dccp-types HELLO ; ; FAIL
-m dccp --dport 33 ; ; FAIL

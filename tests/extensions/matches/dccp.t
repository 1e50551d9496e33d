:INPUT
-p dccp -m dccp --dport 33 --dccp-types close,RESET ; -p dccp -m dccp --dport 33 --dccp-types CLOSE,RESET ; OK ; ; ip.proto=33 l4.dport=34 => no match | ip.proto=33 l4.dport=33 => no match | ip.proto=33 l4.dport=33 dccp.type=6 => match
-p dccp ! --sport 1:9 ; -p dccp -m dccp ! --sport 1:9 ; OK ; ; ip.proto=33 l4.sport=10 => match
-p dccp -m dccp ! --dccp-option 12 ; = ; OK
-p dccp -m dccp --dccp-types HELLO ; ; FAIL
-m dccp --dport 33 ; ; FAIL
-p dccp -m dccp --dport 80 --dccp-types REQUEST,RESET ; = ; OK ; ; ip.proto=33 l4.dport=80 dccp.type=7 => match | ip.proto=33 l4.dport=80 dccp.type=1 => no match
-p dccp -m dccp ! --dccp-types INVALID ; = ; OK ; ; ip.proto=33 dccp.type=9 => match | ip.proto=33 dccp.type=10 => no match
